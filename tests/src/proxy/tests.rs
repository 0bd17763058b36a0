use super::framer::{Framer, Piece};
use super::{Action, Mode, Protocol, Proxy, Rewrite, When};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn startup() -> Vec<u8> {
    let mut bytes = 8_u32.to_be_bytes().to_vec();
    bytes.extend(196_608_u32.to_be_bytes());
    bytes
}

fn steps(pieces: Vec<Piece>) -> Vec<String> {
    pieces.into_iter().filter_map(|piece| piece.step).collect()
}

#[test]
fn a_step_is_the_execution_of_a_named_statement_however_its_bytes_arrive() {
    let mut bytes = startup();
    bytes.extend(message(b'Q', b"BEGIN\0"));
    bytes.extend(message(
        b'P',
        b"s_1\0-- claims.finish: everything\nupdate job\0\0\0",
    ));
    bytes.extend(message(b'B', b"\0s_1\0\0\0"));
    bytes.extend(message(b'Q', b"COMMIT\0"));
    bytes.extend(message(b'B', b"\0s_1\0\0\0"));
    let expected = ["BEGIN", "claims.finish", "claims.finish/COMMIT", "claims.finish"];
    for size in [1, 7, bytes.len()] {
        let mut framer = Framer::new(Protocol::Postgres, None);
        let pieces: Vec<Piece> = bytes
            .chunks(size)
            .flat_map(|chunk| framer.pieces(chunk))
            .collect();
        let carried: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
        assert_eq!(carried, bytes, "nothing is lost or made up");
        assert_eq!(steps(pieces), expected);
    }
}

#[test]
fn a_rewritten_statement_is_a_whole_message_and_others_are_left_alone() {
    let rewrite = Arc::new(Rewrite::new("and epoch = $2 and", "and"));
    let mut framer = Framer::new(Protocol::Postgres, Some(Arc::clone(&rewrite)));
    let other = message(b'Q', b"select 'and epoch = $3 and'\0");
    let mut bytes = startup();
    bytes.extend(message(
        b'P',
        b"s_1\0-- claims.beat\nupdate job where id = $1 and epoch = $2 and x\0\0\0",
    ));
    bytes.extend(&other);
    let pieces = framer.pieces(&bytes);
    let expected = message(b'P', b"s_1\0-- claims.beat\nupdate job where id = $1 and x\0\0\0");
    assert_eq!((&pieces[1].bytes, &pieces[2].bytes), (&expected, &other));
    assert_eq!(rewrite.rewritten(), 1);
}

#[test]
fn a_question_for_tls_comes_before_the_session() {
    let mut bytes = 8_u32.to_be_bytes().to_vec();
    bytes.extend(80_877_103_u32.to_be_bytes());
    bytes.extend(startup());
    bytes.extend(message(b'Q', b"select 1\0"));
    assert_eq!(
        steps(Framer::new(Protocol::Postgres, None).pieces(&bytes)),
        ["select 1"]
    );
}

#[test]
fn a_step_of_redis_is_a_command() {
    let bytes = b"*5\r\n$4\r\nxadd\r\n$1\r\ns\r\n";
    assert_eq!(steps(Framer::new(Protocol::Redis, None).pieces(bytes)), ["XADD"]);
}

/// A server that answers each chunk with "yes".
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = [0; 64];
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(b"yes");
                }
            });
        }
    });
    format!("redis://{address}/0")
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream
}

/// What comes back for `question`: an answer, nothing, or a loss of the connection.
fn ask(stream: &mut TcpStream, question: &[u8]) -> &'static str {
    let mut buffer = [0; 64];
    if stream.write_all(question).is_err() {
        return "lost";
    }
    match stream.read(&mut buffer) {
        Ok(0) => "lost",
        Ok(_) => "yes",
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ) =>
        {
            "silence"
        }
        Err(_) => "lost",
    }
}

#[test]
fn each_mode_does_to_connections_what_it_says() {
    let proxy = Proxy::to(&server(), Protocol::Redis);
    let mut old = connect(&proxy);
    assert_eq!(ask(&mut old, b"ping"), "yes");
    proxy.set(Mode::DropAnswers);
    assert_eq!(ask(&mut old, b"ping"), "silence");
    proxy.set(Mode::Pass);
    assert_eq!(ask(&mut old, b"ping"), "silence", "a deaf connection stays deaf");
    let mut other = connect(&proxy);
    assert_eq!(ask(&mut other, b"ping"), "yes");
    proxy.set(Mode::BlackHole);
    assert_eq!(ask(&mut other, b"ping"), "silence");
    assert_eq!(
        ask(&mut connect(&proxy), b"ping"),
        "silence",
        "it accepts and says nothing"
    );
    proxy.set(Mode::Refuse);
    assert_eq!(ask(&mut connect(&proxy), b"ping"), "lost");
    proxy.set(Mode::Pass);
    let mut last = connect(&proxy);
    assert_eq!(ask(&mut last, b"ping"), "yes");
    proxy.cut();
    assert_eq!(ask(&mut last, b"ping"), "lost");
}

const XADD: &[u8] = b"*2\r\n$4\r\nXADD\r\n$1\r\ns\r\n";

#[test]
fn a_trap_cuts_or_holds_at_its_step_alone() {
    let proxy = Proxy::to(&server(), Protocol::Redis);
    let held = proxy.trap("XADD", When::Before, Action::Hold);
    let mut stream = connect(&proxy);
    assert_eq!(ask(&mut stream, b"*1\r\n$4\r\nPING\r\n"), "yes");
    assert_eq!(ask(&mut stream, XADD), "silence");
    assert_eq!(held.hits(), 1);
    held.release();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 3, "what was held goes on");
    for when in [When::Before, When::After] {
        let cut = proxy.trap("XADD", when, Action::Cut);
        assert_eq!(ask(&mut connect(&proxy), XADD), "lost");
        assert_eq!(cut.hits(), 1);
    }
    assert_eq!(
        ask(&mut connect(&proxy), XADD),
        "yes",
        "a trap that is gone acts no more"
    );
}
