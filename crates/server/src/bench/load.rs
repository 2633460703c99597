//! A small closed-loop HTTP/1.1 load generator on loopback: keep-alive connections, one request in flight each.
//!
//! Bounded in time; it stops by itself. It measures what a client sees, response bodies read to the end.

use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is sent again and again.
#[derive(Debug, Clone)]
pub struct Request {
    /// The whole request, head and body.
    bytes: Vec<u8>,
}

impl Request {
    /// A POST of JSON with a bearer token.
    pub fn post_json(path: &str, token: &str, body: &str, headers: &[(&str, &str)]) -> Request {
        let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}Content-Type: application/json\r\n{extra}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Request { bytes: text.into_bytes() }
    }

    /// A GET with a bearer token.
    pub fn get_as(path: &str, token: &str) -> Request {
        Request {
            bytes: format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n")
                .into_bytes(),
        }
    }

    /// A GET without credentials.
    pub fn get(path: &str) -> Request {
        Request { bytes: format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes() }
    }
}

/// Send once; gives the body of the answer, whatever its status.
pub async fn fetch(port: u16, request: &Request) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut buffer = Vec::new();
    let mut part = Measured::default();
    exchange(&mut stream, request, &mut buffer, &mut part).await;
    let head = head_length(&buffer).unwrap_or(buffer.len());
    Ok(String::from_utf8_lossy(&buffer[head..]).into_owned())
}

/// What came of a load.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Answers with status 200.
    pub ok: u64,
    /// Answers with another status, or broken connections.
    pub failed: u64,
    /// Sum of the time, seconds.
    pub seconds: f64,
    /// Latencies of the good answers in milliseconds, ascending.
    pub latencies_ms: Vec<f64>,
}

impl Measured {
    /// Good answers per second.
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.ok as f64 / self.seconds } else { 0.0 }
    }

    /// The latency that a share `q` of the answers did not exceed; `None` without answers.
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        let last = self.latencies_ms.len().checked_sub(1)?;
        self.latencies_ms.get((q * last as f64).round() as usize).copied()
    }
}

/// `clients` connections for `duration`; the first answers of each connection count too.
pub async fn closed_loop(port: u16, request: &Request, clients: usize, duration: Duration) -> Measured {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move { one_client(port, &request, begin + duration).await })
        })
        .collect();
    let mut total = Measured::default();
    for task in tasks {
        if let Ok(part) = task.await {
            total.ok += part.ok;
            total.failed += part.failed;
            total.latencies_ms.extend(part.latencies_ms);
        }
    }
    total.seconds = begin.elapsed().as_secs_f64();
    total.latencies_ms.sort_by(f64::total_cmp);
    total
}

/// `users` connections that each send one request at the same moment.
pub async fn burst(port: u16, request: &Request, users: usize) -> Measured {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..users)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move {
                let mut part = Measured::default();
                match TcpStream::connect(("127.0.0.1", port)).await {
                    Ok(mut stream) => exchange(&mut stream, &request, &mut Vec::new(), &mut part).await,
                    Err(_) => {
                        part.failed += 1;
                        false
                    }
                };
                part
            })
        })
        .collect();
    let mut total = Measured::default();
    for task in tasks {
        if let Ok(part) = task.await {
            total.ok += part.ok;
            total.failed += part.failed;
            total.latencies_ms.extend(part.latencies_ms);
        }
    }
    total.seconds = begin.elapsed().as_secs_f64();
    total.latencies_ms.sort_by(f64::total_cmp);
    total
}

async fn one_client(port: u16, request: &Request, end: Instant) -> Measured {
    let mut part = Measured::default();
    let mut buffer = Vec::with_capacity(1 << 18);
    'connections: while Instant::now() < end {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
            part.failed += 1;
            break;
        };
        let _ = stream.set_nodelay(true);
        while Instant::now() < end {
            if !exchange(&mut stream, request, &mut buffer, &mut part).await {
                continue 'connections;
            }
        }
    }
    part
}

/// Send once and read the answer; false when the connection is of no further use.
async fn exchange(stream: &mut TcpStream, request: &Request, buffer: &mut Vec<u8>, part: &mut Measured) -> bool {
    let begin = Instant::now();
    buffer.clear();
    if stream.write_all(&request.bytes).await.is_err() {
        part.failed += 1;
        return false;
    }
    loop {
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) => {
                part.failed += 1;
                return false;
            }
            Ok(_) => {}
        }
        let Some(head) = head_length(buffer) else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let complete = if let Some(length) = header(&text, "content-length").and_then(|text| text.parse::<usize>().ok())
        {
            buffer.len() >= head + length
        } else {
            buffer.ends_with(b"\r\n0\r\n\r\n") || buffer.ends_with(b"0\r\n\r\n")
        };
        if complete {
            if text.starts_with("http/1.1 200") {
                part.ok += 1;
                part.latencies_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
            } else {
                part.failed += 1;
            }
            return header(&text, "connection") != Some("close");
        }
    }
}

fn head_length(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_off_the_sorted_latencies() {
        let measured = Measured { ok: 5, failed: 0, seconds: 2.0, latencies_ms: vec![1.0, 2.0, 3.0, 4.0, 5.0] };
        assert_eq!(
            (measured.quantile_ms(0.5), measured.quantile_ms(0.95), measured.per_second()),
            (Some(3.0), Some(5.0), 2.5)
        );
        assert_eq!(Measured::default().quantile_ms(0.5), None);
    }

    #[tokio::test]
    async fn answers_are_counted_by_status() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0u8; 1024];
            for status in ["200 OK", "500 Internal Server Error"] {
                let _ = stream.read(&mut bytes).await.unwrap();
                stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").as_bytes()).await.unwrap();
            }
        });
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut part = Measured::default();
        assert!(exchange(&mut stream, &Request::get("/"), &mut Vec::new(), &mut part).await);
        assert!(exchange(&mut stream, &Request::get("/"), &mut Vec::new(), &mut part).await);
        assert_eq!((part.ok, part.failed), (1, 1));
    }
}
