use super::*;
use crate::{MAX_LONG_OUTPUT, MAX_OUTPUT, MAX_PERFDATA};

fn samples() -> Vec<Frame> {
    conversation().into_iter().chain(inventory()).chain(events()).collect()
}

fn conversation() -> [Frame; 5] {
    [
        Frame::Hello(Hello {
            protocol: 2,
            epoch: 1_700_000_000_000_000,
            pid: 4,
            instance: "site-a".into(),
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
            reloads: 6,
            spilled: 7,
            recovered: 8,
            spill_errors: 9,
            ring_bytes: 10,
            ring_high_bytes: 11,
            ring_limit_bytes: 12,
            queue_bytes: 13,
            queue_limit_bytes: 14,
            spill_bytes: 15,
            spill_limit_bytes: 16,
        }),
        Frame::SnapshotBegin(SnapshotBegin { seq: 5, inventory: 2, loop_start: 1_700_000_000 }),
        Frame::SnapshotEnd,
        Frame::Ack(Ack { epoch: 3, seq: 7 }),
    ]
}

fn inventory() -> [Frame; 8] {
    let settings = Settings {
        check_period: "24x7".to_owned(),
        check_interval: 300.0,
        retry_interval: 60.0,
        max_attempts: 3,
        freshness_threshold: 900,
        notification_interval: 3600.0,
        first_notification_delay: 0.0,
        contacts: vec!["ops".to_owned()],
        contact_groups: vec!["admins".to_owned(), "night".to_owned()],
        variables: vec![("ICON".to_owned(), "switch".to_owned())],
    };
    [
        Frame::Host(Host {
            name: "web-1".into(),
            display_name: "Web 1".into(),
            alias: "Web".into(),
            address: "127.0.0.1".into(),
            check_command: "check_ping!1!2".into(),
            notification_period: "24x7".into(),
            parents: vec!["switch".into()],
            settings: settings.clone(),
        }),
        Frame::Service(Service {
            host: "web-1".into(),
            name: "http".into(),
            display_name: "HTTP".into(),
            check_command: "check_http".into(),
            notification_period: String::new(),
            settings,
        }),
        Frame::Group(Group {
            kind: GroupKind::Service,
            name: "g".into(),
            alias: "G".into(),
            members: vec![("web-1".into(), "http".into())],
        }),
        Frame::Contact(Contact { name: "ops".into(), alias: "Operators".into() }),
        Frame::Timeperiod(Timeperiod { name: "24x7".into(), inside: true }),
        Frame::Downtime(downtime()),
        Frame::State(state()),
        Frame::Program(program()),
    ]
}

fn events() -> Vec<Frame> {
    let (host, service) = ("web-1".to_owned(), "http".to_owned());
    let (author, comment) = ("ops".to_owned(), "on it".to_owned());
    let bodies = [
        Body::Check(Check {
            state: state(),
            return_code: 2,
            timed_out: true,
            started_us: 1_700_000_000_000_002,
            ended_us: 1_700_000_001_500_002,
        }),
        Body::Status(state()),
        Body::StateChange(StateChange {
            host: host.clone(),
            service: String::new(),
            state: 1,
            hard: true,
            attempt: 1,
            max_attempts: 3,
            output: "down".into(),
            long_output: "no answer".into(),
        }),
        Body::Notification(Notification {
            host: host.clone(),
            service: service.clone(),
            reason: 1,
            state: 2,
            contacts: 3,
            number: 4,
            escalated: true,
            output: "CRITICAL".into(),
            author: author.clone(),
            comment: comment.clone(),
        }),
        Body::ContactNotification(ContactNotification {
            host: host.clone(),
            service: service.clone(),
            contact: "ops".into(),
            method: "notify-by-sms".into(),
            reason: 0,
            state: 2,
            number: 4,
            escalated: false,
            author: author.clone(),
            comment: comment.clone(),
        }),
        Body::Downtime(DowntimeChange { step: DowntimeStep::Cancelled, downtime: downtime() }),
        Body::Acknowledgement(Acknowledgement {
            step: AcknowledgementStep::Removed,
            host: host.clone(),
            service: service.clone(),
            state: 2,
            author: author.clone(),
            comment: comment.clone(),
            sticky: true,
            persistent: false,
            notify: true,
        }),
        Body::Flapping(Flapping {
            step: FlappingStep::Disabled,
            host: host.clone(),
            service: service.clone(),
            percent_state_change: 25.5,
            high_threshold: 20.0,
            low_threshold: 5.0,
        }),
        Body::Comment(Comment {
            step: CommentStep::Deleted,
            kind: CommentKind::Acknowledgement,
            id: 12,
            host,
            service,
            author,
            text: comment,
            entered: 1_700_000_000,
            expires: 1_700_000_100,
            persistent: true,
        }),
        Body::Timeperiod(Timeperiod { name: "night".into(), inside: false }),
        Body::Program(program()),
    ];
    let event = |body| Frame::Event(Event { epoch: 3, seq: 7, at_us: 1_700_000_000_000_001, body });
    bodies.into_iter().map(event).collect()
}

fn state() -> State<String> {
    State {
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
        last_notification: 1_700_000_001,
        latency: 0.25,
        execution_time: 1.5,
        percent_state_change: 6.25,
        output: "CRITICAL - 连接被拒绝".to_owned(),
        long_output: r"one\ntwo".to_owned(),
        perfdata: "time=0.1s;;;0".to_owned(),
    }
}

fn downtime() -> Downtime<String> {
    Downtime {
        id: 9,
        host: "web-1".to_owned(),
        service: String::new(),
        author: "ops".to_owned(),
        comment: "work".to_owned(),
        entered: 1,
        start: 2,
        end: 3,
        fixed: false,
        duration: 7200,
        triggered_by: 8,
        in_effect: true,
    }
}

fn program() -> Program {
    Program {
        start: 1_700_000_000,
        last_log_rotation: 1_699_000_000,
        pid: 4,
        daemon: true,
        modes: Modes::NOTIFICATIONS.with(Modes::FLAP_DETECTION, true),
        running_host_checks: 5,
        running_service_checks: 6,
    }
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
    let size = encode_event(&mut event, 1, 3, 4, &Body::<&[u8]>::Unknown(250)).unwrap();
    let read = Frame::Event(Event { epoch: 1, seq: 3, at_us: 4, body: Body::Unknown(250) });
    assert_eq!(split(&event[..size]), Ok(Split::Frame(Ok(read), size)));
}

#[test]
fn a_value_that_no_version_defines_names_the_field() {
    let group =
        Group { kind: GroupKind::Host, name: "g".into(), alias: "G".into(), members: vec![] };
    let mut buf = vec![0; 64];
    let size = encode(&mut buf, &Frame::Group(group)).unwrap();
    buf[5] = 9;
    let error = DecodeError::Value { field: "kind", got: 9, expected: "0 to 2" };
    assert_eq!(split(&buf[..size]), Ok(Split::Frame(Err(error), size)));
}

#[test]
fn a_length_that_is_not_ours_ends_the_stream() {
    assert_eq!(split(b"GET / HTTP/1.1\r\n"), Err(DecodeError::Length { got: 0x2054_4547 }));
    assert_eq!(split(&[0; 4]), Err(DecodeError::Length { got: 0 }));
}

#[test]
fn long_strings_are_cut_and_flagged() {
    let long = vec![b'x'; 70_000];
    let state = State {
        host: &b"h"[..],
        output: &long[..],
        long_output: &long[..],
        perfdata: &long[..],
        ..State::default()
    };
    let mut buf = vec![0; MAX_FRAME];
    let size = encode_event(&mut buf, 1, 1, 2, &Body::Status(state)).unwrap();
    let Ok(Split::Frame(Ok(Frame::Event(Event { body: Body::Status(read), .. })), _)) =
        split(&buf[..size])
    else {
        panic!("not a status")
    };
    let lengths = (read.output.len(), read.long_output.len(), read.perfdata.len());
    assert_eq!(lengths, (MAX_OUTPUT, MAX_LONG_OUTPUT, MAX_PERFDATA));
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
            bytes[4] = (next() % 16) as u8;
        }
        let _ = split(&bytes);
    }
}

#[test]
fn a_glance_at_an_event_sees_what_reading_it_does() {
    let mut buf = vec![0; MAX_FRAME];
    for sample in samples() {
        let size = encode(&mut buf, &sample).unwrap();
        let Frame::Event(Event { epoch, seq, body, .. }) = sample else {
            assert_eq!(Glance::of(&buf[..size]), None);
            continue;
        };
        let glance = Glance::of(&buf[..size]).unwrap();
        assert_eq!((glance.epoch, glance.seq), (epoch, seq));
        let (seen, state) = match (glance.cargo, body) {
            (Cargo::Check(seen), Body::Check(Check { state, .. })) => (seen, state),
            (Cargo::Status(seen), Body::Status(state)) => (seen, state),
            (Cargo::Program, Body::Program(_)) => continue,
            (Cargo::Other, body) => {
                let is_other = !matches!(body, Body::Check(_) | Body::Status(_) | Body::Program(_));
                assert!(is_other, "{body:?}");
                continue;
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(seen.flags(), state.flags);
        let mut frame = b"what was there before".to_vec();
        seen.write_frame(&mut frame);
        assert_eq!(split(&frame), Ok(Split::Frame(Ok(Frame::State(state)), frame.len())));
    }
}

#[test]
fn a_glance_at_half_an_event_sees_nothing_or_no_state_of_it() {
    let mut buf = vec![0; MAX_FRAME];
    for sample in samples() {
        let size = encode(&mut buf, &sample).unwrap();
        for cut in 0..size {
            let _ = Glance::of(&buf[..cut]);
        }
    }
}
