// HTTP by hand on the standard library, a thread for each connection.
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::{process, thread};

fn serve(mut stream: TcpStream, body: String) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.len(), body)?;
        }
    }
}

fn main() {
    let version = env::var("HOTSWAP_GENERATION").unwrap();
    let body = format!("{{\"pong\":true,\"version\":{},\"pid\":{}}}", version, process::id());
    let listener = TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT").unwrap())).unwrap();
    for stream in listener.incoming().flatten() {
        let body = body.clone();
        thread::spawn(move || {
            let _ = serve(stream, body);
        });
    }
}
