//! A proxy on a loopback socket that writes down what it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::server::{Server, Then};

pub(crate) struct Proxy {
    server: Server,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// What a proxy does with a request.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Leads everybody to one server, whatever its name.
    To(SocketAddr),
    /// The same for those who know this `Proxy-Authorization`; others get a 407.
    ToFriends(SocketAddr, &'static str),
    /// Says this.
    Say(&'static str, Then),
}

impl Proxy {
    pub(crate) fn http(rule: Rule) -> Self {
        Self::start(None, rule)
    }

    pub(crate) fn https(tls: ServerConfig, rule: Rule) -> Self {
        Self::start(Some(TlsAcceptor::from(Arc::new(tls))), rule)
    }

    fn start(tls: Option<TlsAcceptor>, rule: Rule) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        let server = Server::start(move |stream| {
            let (tls, log) = (tls.clone(), Arc::clone(&log));
            async move {
                match tls {
                    None => serve(stream, rule, &log).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, rule, &log).await;
                        }
                    }
                }
            }
        });
        Self { server, heard }
    }

    /// Host and port, by name.
    pub(crate) fn address(&self) -> String {
        let url = self.server.named_url("http");
        url.trim_start_matches("http://").to_owned()
    }

    pub(crate) fn connections(&self) -> usize {
        self.server.connections()
    }

    /// All that clients sent, decrypted as far as it was meant for the proxy.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

async fn serve(mut client: impl AsyncRead + AsyncWrite + Unpin, rule: Rule, log: &Mutex<Vec<u8>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    log.lock().unwrap().extend(&head);
    let text = String::from_utf8(head).unwrap();
    let to = match rule {
        Rule::To(server) => server,
        Rule::ToFriends(server, password)
            if text.contains(&format!("\r\nproxy-authorization: {password}\r\n")) =>
        {
            server
        }
        Rule::ToFriends(..) => {
            let answer = "HTTP/1.1 407 Who Are You\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
            let _ = client.write_all(answer.as_bytes()).await;
            return;
        }
        Rule::Say(words, then) => {
            let _ = client.write_all(words.as_bytes()).await;
            if !matches!(then, Then::Close) {
                std::future::pending::<()>().await;
            }
            return;
        }
    };
    let server = TcpStream::connect(to).await.unwrap();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = tokio::io::split(client);
    if text.starts_with("CONNECT ") {
        let answer = b"HTTP/1.1 200 Connection established\r\n\r\n";
        to_client.write_all(answer).await.unwrap();
    } else {
        to_server.write_all(text.as_bytes()).await.unwrap();
    }
    let up = async {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            log.lock().unwrap().extend(&buffer[..read]);
            if to_server.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    let down = tokio::io::copy(&mut from_server, &mut to_client);
    tokio::select! {
        () = up => {}
        _ = down => {}
    }
}
