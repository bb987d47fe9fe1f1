using System;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Threading;

class Server {
    static void Main() {
        byte[] body = Encoding.ASCII.GetBytes("{\"pong\":true,\"version\":" + Environment.GetEnvironmentVariable("HOTSWAP_GENERATION")
            + ",\"pid\":" + Process.GetCurrentProcess().Id + "}");
        var listener = new HttpListener();
        listener.Prefixes.Add("http://127.0.0.1:" + Environment.GetEnvironmentVariable("PORT") + "/");
        listener.Start();
        while (true) {
            var context = listener.GetContext();
            ThreadPool.QueueUserWorkItem(_ => {
                try {
                    context.Response.ContentLength64 = body.Length;
                    context.Response.OutputStream.Write(body, 0, body.Length);
                    context.Response.Close();
                } catch (Exception) {
                }
            });
        }
    }
}
