//! What streams between kubectl and containers: logs, commands, terminals, files, ports.

use std::process::Command;

use e2e::web::assert_has;
use e2e::web::sleeper;
use e2e::web::with_web;

#[test]
fn logs_are_read_followed_and_cut() {
    with_web(|cluster, pod| {
        assert_eq!(cluster.kubectl(&["logs", pod]), format!("serving {pod}\n"));
        assert_eq!(
            cluster
                .kubectl("logs -l app=web --prefix")
                .lines()
                .filter(|line| line.contains("/web] serving web-"))
                .count(),
            2
        );
        // Three lines, two seconds of silence, and more of them when it is told so.
        cluster
            .apply(&sleeper("counter", "seq 1 3; sleep 2; echo late; read go; seq 11 13; read more; exit 3"));
        // Until it runs, there is no log to read.
        e2e::wait_until("three numbers and a word", || {
            let said = cluster.try_kubectl("logs counter");
            if said.out == "1\n2\n3\nlate\n" { Ok(()) } else { Err(said.all()) }
        });
        assert_eq!(cluster.kubectl("logs counter --tail=2"), "3\nlate\n");
        assert_eq!(cluster.kubectl("logs counter --since=1h --limit-bytes=4"), "1\n2\n");
        let stamped = cluster.kubectl("logs counter --timestamps");
        let times: Vec<&str> =
            stamped.lines().filter_map(|line| line.split_once(' ')).map(|(time, _)| time).collect();
        assert_eq!(times.len(), 4, "{stamped}");
        // From the last line's own time on, the first three are too old.
        assert_eq!(cluster.kubectl(&["logs", "counter", &format!("--since-time={}", times[3])]), "late\n");

        let followed = cluster.kubectl_beside("logs -f counter --tail=1");
        followed.wait_until(|said| said == "late\n");
        let mut attached = cluster.kubectl_beside("attach -i counter");
        attached.write("go\n");
        followed.wait_until(|said| said == "late\n11\n12\n13\n");
        attached.write("more\n");
        // The end of the container is the end of both.
        assert_eq!(followed.finish(), (0, "late\n11\n12\n13\n".to_owned()));
        attached.finish();
        let gone = cluster.wait_for("pod counter", |pod| pod["status"]["phase"] == "Failed");
        assert_eq!(gone["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
        assert_eq!(cluster.kubectl("logs counter"), "1\n2\n3\nlate\n11\n12\n13\n");
        let previous = cluster.try_kubectl("logs counter --previous");
        assert_eq!(
            previous.err,
            "Error from server (BadRequest): previous terminated container \"c\" in pod \"counter\" not found\n"
        );
        let nobody = cluster.try_kubectl("logs nobody");
        assert_eq!(
            nobody.err,
            "error: error from server (NotFound): pods \"nobody\" not found in namespace \"default\"\n"
        );
        let other = cluster.try_kubectl("logs counter -c other");
        assert_has(&other.err, &["container other is not valid for pod counter"]);
    });
}

#[test]
fn exec_runs_commands_and_tells_their_exit_codes() {
    with_web(|cluster, pod| {
        assert_eq!(cluster.try_kubectl(&["exec", pod, "--", "sh", "-c", "exit 7"]).code, 7);
        let both = cluster.try_kubectl(&["exec", pod, "--", "sh", "-c", "echo out; echo err >&2"]);
        assert_eq!((both.code, both.out.as_str(), both.err.as_str()), (0, "out\n", "err\n"));
        let large = cluster.kubectl(&["exec", pod, "--", "seq", "1", "200000"]);
        assert_eq!((large.lines().count(), large.lines().last()), (200_000, Some("200000")));
        let echoed = cluster.kubectl_with(&["exec", "-i", pod, "--", "cat"], "some input\n");
        assert_eq!((echoed.code, echoed.out.as_str()), (0, "some input\n"));
        let missing = cluster.try_kubectl(&["exec", pod, "--", "nonsense"]);
        assert_eq!(missing.code, 1);
        assert!(
            missing.err.ends_with(
                "unable to start container process: exec: \"nonsense\": executable file not found in $PATH\n"
            ),
            "{}",
            missing.err
        );
        let nobody = cluster.try_kubectl("exec nobody -- true");
        assert_eq!(nobody.err, "Error from server (NotFound): pods \"nobody\" not found\n");

        // On a terminal: it is one inside as well, of the same size, and tells the exit code.
        let shown = cluster.kubectl_on_terminal(&format!(
            "exec -it {pod} -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; tty; stty size; exit 5'"
        ));
        assert_eq!(shown.code, 5, "{}", shown.all());
        assert_has(&shown.out, &["/dev/pts/0\r\n40 100\r\n"]);
        // A resize during the session arrives: the second size is set when the first was seen.
        let resized = cluster.kubectl_on_terminal_with(
            &format!("until KUBECTL exec {pod} -- stat /scratch/seen; do :; done; stty cols 120 rows 50 </dev/tty"),
            &format!(
                "exec -it {pod} -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; touch /scratch/seen; \
                 until [ \"$(stty size)\" = \"50 120\" ]; do :; done; echo resized'"
            ),
        );
        assert_eq!(resized.code, 0, "{}", resized.all());
        assert_has(&resized.out, &["resized\r\n"]);
    });
}

#[test]
fn files_and_ports_go_through() {
    with_web(|cluster, pod| {
        let there = cluster.file("there");
        let back = cluster.file("back");
        let bytes: Vec<u8> =
            (0..3_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        std::fs::write(&there, &bytes).expect("a file can be written");
        cluster.kubectl(&["cp", &there.display().to_string(), &format!("{pod}:/scratch/file")]);
        cluster.kubectl(&["cp", &format!("{pod}:scratch/file"), &back.display().to_string()]);
        assert!(std::fs::read(&back).expect("it was copied") == bytes, "what came back is something else");
        let folder = cluster.file("folder");
        std::fs::create_dir_all(folder.join("inner")).expect("a directory");
        std::fs::write(folder.join("inner/file"), "deep").expect("a file can be written");
        cluster.kubectl(&["cp", &folder.display().to_string(), &format!("{pod}:/scratch/folder")]);
        assert_eq!(cluster.kubectl(&["exec", pod, "--", "cat", "/scratch/folder/inner/file"]), "deep");

        for target in ["service/web 80", &format!("pod/{pod} 8080"), "deployment/web 8080"] {
            let (what, port) = target.split_once(' ').expect("two words");
            let forward = cluster.kubectl_beside(&["port-forward", what, &format!(":{port}")]);
            let said = forward.wait_until(|said| said.contains("Forwarding from 127.0.0.1:"));
            let local =
                said.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()).expect("a port");
            for _ in 0..5 {
                let said = e2e::run(Command::new("curl").args([
                    "-sS",
                    "--max-time",
                    "10",
                    &format!("http://127.0.0.1:{local}/version"),
                ]));
                assert_eq!(
                    (said.code, said.out.as_str()),
                    (0, "test.example.com/web:v1"),
                    "{} {}",
                    said.err,
                    forward.said()
                );
            }
        }
        let forward = cluster.kubectl_beside(&["port-forward", &format!("pod/{pod}"), ":9"]);
        let said = forward.wait_until(|said| said.contains("Forwarding from 127.0.0.1:"));
        let local = said.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()).expect("a port");
        e2e::run(Command::new("curl").args([
            "-sS",
            "--max-time",
            "10",
            &format!("http://127.0.0.1:{local}/"),
        ]));
        forward.wait_until(|said| said.contains("error forwarding port 9 to pod"));
    });
}

#[test]
fn pods_are_run_attached_and_debugged() {
    with_web(|cluster, pod| {
        let image = "--image=test.example.com/web:v1";
        let run = cluster.kubectl_with(
            &["run", "once", "--rm", "-i", image, "--restart=Never", "--", "sh", "-c", "cat; exit 5"],
            "given\n",
        );
        assert_eq!(run.code, 5, "{}", run.all());
        assert_has(&run.out, &["given\n", "pod \"once\" deleted"]);
        let shown = cluster.kubectl_on_terminal(&format!("run term --rm -it {image} --restart=Never -- sh -c 'until [ \"$(stty size)\" = \"40 100\" ]; do :; done; tty; exit 4'"));
        assert_eq!(shown.code, 4, "{}", shown.all());
        assert_has(&shown.out, &["/dev/pts/0\r\n", "pod \"term\" deleted"]);
        cluster.apply(&sleeper("talker", "while read line; do echo got $line; done; echo end"));
        cluster.kubectl("wait --for=condition=Ready pod/talker --timeout=30s");
        let attached = cluster.kubectl_with("attach -i talker", "one\ntwo\n");
        assert_eq!(attached.code, 0, "{}", attached.all());
        assert_has(&attached.out, &["got one\ngot two\nend\n"]);
        cluster.wait_for("pod talker", |pod| pod["status"]["phase"] == "Succeeded");

        cluster.kubectl(&[
            "debug",
            pod,
            image,
            "-c",
            "looker",
            "--target=web",
            "--",
            "sh",
            "-c",
            "echo $HOSTNAME; ps | grep -q '[h]ttpd -f -p 8080' && echo sees the server",
        ]);
        let said = cluster.wait_for(&["pod", pod], |pod| {
            !pod["status"]["ephemeralContainerStatuses"][0]["state"]["terminated"].is_null()
        });
        let looker = &said["status"]["ephemeralContainerStatuses"][0];
        assert_eq!(looker["state"]["terminated"]["exitCode"], 0, "{looker:#}");
        assert_eq!(cluster.kubectl(&["logs", pod, "-c", "looker"]), format!("{pod}\nsees the server\n"));
    });
}
