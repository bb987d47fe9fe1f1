import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Executors;

class Server {
    static final int version = 1;

    public static void main(String[] arguments) throws Exception {
        var tree = Path.of("").toAbsolutePath().getParent().getFileName();
        var answer = "{\"pong\":true,\"version\":" + version + ",\"pid\":" + ProcessHandle.current().pid()
            + ",\"tree\":\"" + tree + "\"}";
        var server = HttpServer.create(new InetSocketAddress(8081), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            var text = answer.getBytes();
            if (exchange.getRequestURI().getPath().equals("/self")) {
                try (var stream = URI.create("http://localhost:8081/ping").toURL().openStream()) {
                    text = stream.readAllBytes();
                }
            }
            exchange.sendResponseHeaders(200, text.length);
            try (var body = exchange.getResponseBody()) {
                body.write(text);
            }
        });
        server.start();
    }
}
