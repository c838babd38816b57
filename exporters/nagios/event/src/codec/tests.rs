use super::*;

fn samples() -> Vec<Frame> {
    let state = State {
        host: "web-1".to_owned(),
        service: "http".to_owned(),
        state: 2,
        flags: Flags::CHECKED.with(Flags::HARD, true),
        attempt: 2,
        max_attempts: 2,
        downtime_depth: 0,
        notification_number: 1,
        last_check: 1_700_000_000,
        next_check: 1_700_000_010,
        last_state_change: 1_699_999_990,
        last_hard_state_change: 1_700_000_000,
        latency: 0.25,
        execution_time: 1.5,
        output: "CRITICAL - 连接被拒绝".to_owned(),
        perfdata: "time=0.1s;;;0".to_owned(),
    };
    let event = |body| Frame::Event(Event { seq: 7, at_us: 1_700_000_000_000_001, body });
    vec![
        Frame::Hello(Hello {
            protocol: 1,
            run: 99,
            pid: 4,
            module_version: "0.1.0".into(),
            nagios_version: "4.4.6".into(),
            warnings: vec!["event_broker_options is 0".into()],
        }),
        Frame::Stats(Stats {
            last_seq: 1,
            dropped: 2,
            coalesced: 3,
            truncated: 4,
            panics: 5,
            ring_bytes: 6,
            queue_bytes: 7,
            reloads: 8,
        }),
        Frame::SnapshotBegin(SnapshotBegin { seq: 5, epoch: 2, loop_start: 1_700_000_000 }),
        Frame::Host(Host {
            name: "web-1".into(),
            alias: "Web".into(),
            address: "127.0.0.1".into(),
            check_command: "check_ping!1!2".into(),
            notification_period: "24x7".into(),
            parents: vec!["switch".into()],
        }),
        Frame::Service(Service {
            host: "web-1".into(),
            name: "http".into(),
            check_command: "check_http".into(),
            notification_period: String::new(),
        }),
        Frame::Group(Group {
            kind: GroupKind::Service,
            name: "g".into(),
            alias: "G".into(),
            members: vec![("web-1".into(), "http".into())],
        }),
        Frame::Timeperiod(Timeperiod { name: "24x7".into(), inside: true }),
        Frame::State(state.clone()),
        Frame::SnapshotEnd,
        event(Body::Check(state.clone())),
        event(Body::Status(state)),
        event(Body::StateChange(StateChange {
            host: "web-1".into(),
            service: String::new(),
            state: 1,
            hard: true,
            attempt: 1,
            max_attempts: 3,
            output: "down".into(),
        })),
        event(Body::Notification(Notification {
            host: "web-1".into(),
            service: "http".into(),
            reason: 1,
            state: 2,
            contacts: 3,
            author: "ops".into(),
            comment: "on it".into(),
        })),
        event(Body::Timeperiod(Timeperiod { name: "night".into(), inside: false })),
        Frame::Ack(Ack { seq: 7 }),
    ]
}

#[test]
fn every_frame_reads_back_as_written() {
    let mut buf = vec![0; MAX_FRAME];
    for frame in samples() {
        let size = encode(&mut buf, &frame).unwrap();
        assert_eq!(split(&buf[..size]), Ok(Split::Frame(Ok(frame), size)));
    }
}

#[test]
fn a_frame_cut_anywhere_is_incomplete_or_names_the_field() {
    let mut buf = vec![0; MAX_FRAME];
    for frame in samples() {
        let size = encode(&mut buf, &frame).unwrap();
        for cut in 0..size {
            assert_eq!(split(&buf[..cut]), Ok(Split::Incomplete));
            if cut >= 5 {
                let mut short = buf[..cut].to_vec();
                short[..4].copy_from_slice(&(cut as u32 - 4).to_le_bytes());
                let Ok(Split::Frame(Err(DecodeError::Short { .. }), used)) = split(&short) else {
                    panic!("{frame:?} cut to {cut} bytes was read as whole");
                };
                assert_eq!(used, cut);
            }
        }
    }
}

#[test]
fn bytes_that_a_newer_version_appends_are_skipped() {
    let mut buf = vec![0; MAX_FRAME];
    for frame in samples() {
        let size = encode(&mut buf, &frame).unwrap();
        let mut longer = buf[..size].to_vec();
        longer.extend_from_slice(b"newer");
        longer[..4].copy_from_slice(&(size as u32 + 1).to_le_bytes());
        assert_eq!(split(&longer), Ok(Split::Frame(Ok(frame), size + 5)));
    }
}

#[test]
fn unknown_kinds_are_named_and_the_stream_goes_on() {
    assert_eq!(split(&[2, 0, 0, 0, 200, 1, 9]), Ok(Split::Frame(Ok(Frame::Unknown(200)), 6)));
    let mut event = vec![0; 64];
    let size = encode_event(&mut event, 3, 4, &Body::<&[u8]>::Unknown(250)).unwrap();
    let read = Frame::Event(Event { seq: 3, at_us: 4, body: Body::Unknown(250) });
    assert_eq!(split(&event[..size]), Ok(Split::Frame(Ok(read), size)));
}

#[test]
fn a_length_that_is_not_ours_ends_the_stream() {
    assert_eq!(split(b"GET / HTTP/1.1\r\n"), Err(DecodeError::Length { got: 0x2054_4547 }));
    assert_eq!(split(&[0; 4]), Err(DecodeError::Length { got: 0 }));
}

#[test]
fn long_strings_are_cut_and_flagged() {
    let long = vec![b'x'; 70_000];
    let state =
        State { host: &b"h"[..], output: &long[..], perfdata: &long[..], ..State::default() };
    let mut buf = vec![0; MAX_FRAME];
    let size = encode_event(&mut buf, 1, 2, &Body::Check(state)).unwrap();
    let Ok(Split::Frame(Ok(Frame::Event(Event { body: Body::Check(read), .. })), _)) =
        split(&buf[..size])
    else {
        panic!("not a check")
    };
    assert_eq!((read.output.len(), read.perfdata.len()), (MAX_OUTPUT, MAX_PERFDATA));
    assert!(read.flags.has(Flags::TRUNCATED));
}

#[test]
fn what_does_not_fit_is_refused() {
    assert_eq!(encode(&mut [0; 16], &samples()[0]), None);
}

#[test]
fn random_bytes_never_panic() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> = (0..next() % 200).map(|_| next() as u8).collect();
        if bytes.len() > 5 {
            let length = bytes.len() as u32 - 4;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            bytes[4] = (next() % 12) as u8;
        }
        let _ = split(&bytes);
    }
}
