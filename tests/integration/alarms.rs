//! The alarms by cause: each is raised by what it is for, and how long that takes; in quiet weeks none is.
//!
//! The plan's own alarms are evaluated by CloudWatch's rules, over what the functions and AWS's services have put into
//! CloudWatch while the cause was played on the single-machine cloud, from the installation on, so that what an alarm makes of
//! the first hours is seen too.

use crate::scene::{Scene, TOOLING, at, commit, commit_id, execution, execution_of, ops_item, with_webhook};
use fake_aws::Fault;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::{Metric, probe::HEARTBEAT};
use program::{plan::Plan, settings::Settings};
use serde_json::{Value, json};
use simulator::{
    alarm,
    payload_builders::{delivery, push},
    stand_ins::metric_key,
    trouble::Trouble,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    pin::Pin,
};

/// When the installation is made, and when what causes an alarm begins.
const INSTALLED: &str = "10:00";
const BEGINS: &str = "12:00";

/// What people get to know: the alarm, and when.
type Raised = BTreeMap<String, Timestamp>;

/// What raises alarms.
struct Cause {
    what: &'static str,
    /// The alarms that are for it.
    raises: &'static [&'static str],
    /// Lets it happen, from [`BEGINS`] until the alarms must be raised.
    play: for<'a> fn(&'a mut Scene) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
}

fn config() -> Value {
    let mut config = with_webhook();
    // The reconciler runs often, and needs its time for each region.
    config["toolingAccounts"] = json!([{"account": TOOLING, "regions": ["eu-west-1"]}]);
    config["alarmSilenceDays"] = json!(1);
    config["repositoryAlarms"] =
        json!([{"repository": "acme/shop", "failureRateAbove": 50, "leadTimeP90Above": "36h"}]);
    config
}

/// An installation whose reconciler runs as it is planned, and of which AWS's services tell.
async fn installed(config: Value) -> Scene {
    let every = SignedDuration::from_mins(15);
    let scene = Scene::begun(INSTALLED, config, |plan| {
        plan.reconciler.every = every;
        plan.heartbeat.every = HEARTBEAT;
    })
    .await;
    scene.services().vends = true;
    scene
}

/// What people get to know from the installation until now.
fn raised(scene: &Scene) -> Raised {
    let stored = scene.cloud.stored();
    let mut raised = Raised::new();
    for planned in &scene.cloud.plan().alarms {
        let changes = alarm::changes(planned, &stored, at(INSTALLED)..scene.cloud.now());
        let mut told = changes.iter().filter(|change| alarm::is_told(planned, change.state));
        if let Some(first) = told.next() {
            raised.insert(planned.name.clone(), first.at);
        }
    }
    raised
}

/// Every function that events feed.
const CONSUMERS: [&str; 3] = ["deployments", "incidents", LEAD_TIME];
/// The one that others hand on to.
const LEAD_TIME: &str = "lead-time-for-changes";

fn troubles(scene: &mut Scene, troubles: impl IntoIterator<Item = Trouble>) {
    troubles.into_iter().for_each(|trouble| scene.cloud.trouble(trouble));
}

/// Every queue gets a message, and its function is in trouble: what is handed on is handed on before.
async fn feed(scene: &mut Scene, trouble: fn(&'static str) -> Trouble) {
    troubles(scene, [trouble(LEAD_TIME)]);
    scene.runs(&execution("e-handed-on", "12:01")).await;
    scene.until("12:01:30").await;
    troubles(scene, CONSUMERS.map(trouble));
    scene.runs(&execution("e-feed", "12:02")).await;
    scene.raises(&ops_item(1, "12:03")).await;
}

/// Pushes come, one every two minutes.
async fn pushes(scene: &mut Scene, minutes: impl Iterator<Item = u32>) {
    for minute in minutes.step_by(2) {
        let time = format!("12:{minute:02}");
        let delivery = push("acme/other", "main", None, &[commit(900 + minute, "11:00", "Go on")], at(&time));
        scene.delivers(&time, &delivery).await;
    }
}

macro_rules! play {
    (|$scene:ident| $body:block) => {
        |$scene| Box::pin(async move { $body })
    };
}

const CAUSES: &[Cause] = &[
    Cause {
        what: "AWS refuses what messages need, for good",
        raises: &[
            "failing-messages",
            "dead-letters-deployments",
            "dead-letters-incidents",
            "dead-letters-lead-time-for-changes",
        ],
        play: play!(|scene| {
            for operation in ["athena:StartQueryExecution", "ssm:GetOpsItem"] {
                scene.fails(operation, Fault::access_denied(), usize::MAX);
            }
            scene.runs(&execution("e-handed-on", "12:01").revision(&commit_id(1))).await;
            scene.raises(&ops_item(1, "12:02")).await;
            scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), usize::MAX);
            scene.runs(&execution("e-refused", "12:03")).await;
            scene.until("16:00").await;
        }),
    },
    Cause {
        what: "the triggers of the queues are off",
        raises: &["old-messages-deployments", "old-messages-incidents", "old-messages-lead-time-for-changes"],
        play: play!(|scene| {
            feed(scene, Trouble::TriggerOff).await;
            scene.until("15 20:00").await;
        }),
    },
    Cause {
        what: "the queues take no events of the bus",
        raises: &["dead-letters-undelivered"],
        play: play!(|scene| {
            troubles(scene, [Trouble::QueuesRefuse]);
            scene.runs(&execution("e-feed", "12:01")).await;
            scene.raises(&ops_item(1, "12:02")).await;
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "every function dies",
        raises: &[
            "function-errors-deployments",
            "function-errors-incidents",
            "function-errors-lead-time-for-changes",
            "function-errors-reconciler",
            "function-errors-commit-transform",
            "function-errors-github-webhook",
            "function-errors-dashboard-widget",
        ],
        play: play!(|scene| {
            pushes(scene, 0..1).await;
            let others = ["reconciler", "commit-transform", "github-webhook", "dashboard-widget"];
            troubles(scene, others.map(Trouble::Dies));
            feed(scene, Trouble::Dies).await;
            pushes(scene, 4..5).await;
            // Somebody looks at a dashboard.
            scene.cloud.look("{}").await.unwrap().unwrap_err();
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "Lambda has no concurrency for what queues, the schedule and Firehose invoke",
        raises: &[
            "function-throttles-deployments",
            "function-throttles-incidents",
            "function-throttles-lead-time-for-changes",
            "function-throttles-reconciler",
            "function-throttles-commit-transform",
        ],
        play: play!(|scene| {
            let others = ["reconciler", "commit-transform"];
            troubles(scene, others.map(Trouble::NoConcurrency));
            feed(scene, Trouble::NoConcurrency).await;
            pushes(scene, 4..58).await;
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "Lambda has no concurrency for the webhook",
        raises: &["function-throttles-github-webhook"],
        play: play!(|scene| {
            troubles(scene, [Trouble::NoConcurrency("github-webhook")]);
            pushes(scene, 0..58).await;
        }),
    },
    Cause {
        what: "Lambda has no concurrency for who looks at a dashboard",
        raises: &["function-throttles-dashboard-widget"],
        play: play!(|scene| {
            troubles(scene, [Trouble::NoConcurrency("dashboard-widget")]);
            for minute in 0..58 {
                scene.until(&format!("12:{minute:02}")).await;
                scene.cloud.look("{}").await.unwrap().unwrap_err();
            }
        }),
    },
    Cause {
        what: "the bucket of the lake takes nothing",
        raises: &["stale-records"],
        play: play!(|scene| {
            troubles(scene, [Trouble::LakeRefuses]);
            pushes(scene, 0..1).await;
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "a flood of wrong signatures",
        raises: &["webhook-refusals"],
        play: play!(|scene| {
            let (mut headers, body) = delivery("push", &json!({}));
            headers.insert("X-Hub-Signature-256".to_owned(), "sha256=beef".to_owned());
            for _ in 0..25 {
                assert_eq!(scene.delivers("12:00", &(headers.clone(), body.clone())).await, 403);
            }
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "the webhook may not use the key of its secret",
        raises: &["webhook-failures"],
        play: play!(|scene| {
            scene.fails("secretsmanager:GetSecretValue", Fault::access_denied(), usize::MAX);
            pushes(scene, 0..1).await;
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "a push is larger than what Lambda takes",
        raises: &["oversized-deliveries"],
        play: play!(|scene| {
            let large = delivery("push", &json!({"padding": "x".repeat(6 * 1024 * 1024)}));
            assert_eq!(scene.delivers("12:00", &large).await, 413);
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "the rules of the tooling accounts are gone",
        raises: &["silence", "untold-executions"],
        play: play!(|scene| {
            troubles(scene, [Trouble::NoRules]);
            for (id, time) in [("e-1", "13:00"), ("e-2", "14:00"), ("e-3", "15:00")] {
                scene.runs(&execution(id, time)).await;
            }
            scene.until("16 13:00").await;
        }),
    },
    Cause {
        what: "the schedules of heartbeats are off",
        raises: &["heartbeats"],
        play: play!(|scene| {
            troubles(scene, [Trouble::HeartbeatsOff]);
            scene.until("17 14:00").await;
        }),
    },
    Cause {
        what: "the bus refuses events of the tooling accounts",
        raises: &["tooling-undelivered"],
        play: play!(|scene| {
            troubles(scene, [Trouble::BusRefusesAccounts]);
            scene.runs(&execution("e-left", "12:01")).await;
            scene.until("13:00").await;
        }),
    },
    Cause {
        what: "the schedule of the reconciler is off",
        raises: &["reconciler-idle"],
        play: play!(|scene| {
            troubles(scene, [Trouble::ScheduleOff]);
            scene.until("18:00").await;
        }),
    },
    Cause {
        what: "the schedule may not invoke the reconciler",
        raises: &["dead-letters-reconciler"],
        play: play!(|scene| {
            troubles(scene, [Trouble::ScheduleRefused]);
            scene.until("18:00").await;
        }),
    },
    Cause {
        what: "an execution can't be read, for good",
        raises: &["set-aside"],
        play: play!(|scene| {
            scene.services().unreadable.insert("e-unreadable".to_owned());
            scene.knows(&execution("e-unreadable", "12:01")).await;
            scene.until("18:00").await;
        }),
    },
    Cause {
        what: "somebody else puts a value into namespace DORA",
        raises: &["ledger-drift"],
        play: play!(|scene| {
            // Days are compared when CloudWatch shows all of them, and once a day.
            let day = scene.cloud.now() - SignedDuration::from_hours(3 * 24);
            scene.services().cloudwatch.add(metric_key(Metric::Deployments, None), day, 1.0);
            scene.until("16 02:00").await;
        }),
    },
    Cause {
        what: "two of three deployments of a repository fail",
        raises: &["failure-rate-acme/shop"],
        play: play!(|scene| {
            for (number, id, ended, raised) in [(1, "e-1", "12:01", "12:02"), (2, "e-2", "13:00", "13:01")] {
                scene.runs(&execution(id, ended)).await;
                scene.raises(&ops_item(number, raised)).await;
            }
            scene.until("15:00").await;
        }),
    },
    Cause {
        what: "a commit of a repository waits for three days",
        raises: &["lead-time-acme/shop"],
        play: play!(|scene| {
            let old = commit(7, "12 12:00", "Begin");
            scene.pushes("12:00", "main", 1, &[old]).await;
            scene.runs(&execution("e-old", "12:10").revision(&commit_id(7))).await;
            scene.until("15:00").await;
        }),
    },
];

/// Each cause raises the alarms that are for it, in so much time, and none is raised before it; every alarm of the plan has a
/// cause.
#[tokio::test]
async fn alarms_by_cause() {
    let plan = Plan::new(&Settings::from_json(&config()).unwrap()).unwrap();
    let planned: BTreeSet<String> = plan.alarms.into_iter().map(|alarm| alarm.name).collect();
    let with_cause: BTreeSet<String> =
        CAUSES.iter().flat_map(|cause| cause.raises).map(|alarm| format!("dora-{alarm}")).collect();
    assert_eq!(with_cause, planned, "every alarm of the plan has a cause, and only those");
    let mut report = String::new();
    for Cause { what, raises, play } in CAUSES {
        let mut scene = installed(config()).await;
        scene.pushes("10:30", "main", 0, &[commit(1, "09:00", "Begin")]).await;
        scene.runs(&execution("e-before", "11:00").revision(&commit_id(1))).await;
        scene.until(BEGINS).await;
        play(&mut scene).await;
        let raised = raised(&scene);
        let name = |alarm: &str| format!("dora-{alarm}");
        writeln!(report, "{what}").unwrap();
        let after = |at: Timestamp| {
            assert!(at >= self::at(BEGINS), "{what}: raised at {at}");
            at.duration_since(self::at(BEGINS))
        };
        for alarm in *raises {
            let at = raised.get(&name(alarm));
            let at = at.unwrap_or_else(|| panic!("{what} does not raise {alarm}: {raised:?}"));
            writeln!(report, "    {alarm}: after {:#}", after(*at)).unwrap();
        }
        let is_for_it = |alarm: &&String| raises.iter().any(|raises| name(raises) == **alarm);
        for (alarm, at) in raised.iter().filter(|(alarm, _)| !is_for_it(alarm)) {
            let alarm = alarm.trim_start_matches("dora-");
            writeln!(report, "    as well {alarm}: after {:#}", after(*at)).unwrap();
        }
    }
    insta::assert_snapshot!(report);
}

/// Two ordinary weeks from the installation on, with work on weekdays, incidents, and faults that pass: no alarm is raised.
#[tokio::test]
async fn quiet_weeks() {
    let mut config = config();
    config["alarmSilenceDays"] = json!(3);
    let mut scene = installed(config).await;
    let mut last = 0;
    for day in 15..29 {
        // 2026-06-20 is a Saturday.
        if (day - 15) % 7 >= 5 {
            continue;
        }
        for (pipeline, hour) in [("shop", 11), ("web", 12), ("shop", 15)] {
            let [pushed, ended] = ["00", "30"].map(|minute| format!("{day} {hour}:{minute}"));
            let number = last + 1;
            scene.pushes(&pushed, "main", last, &[commit(number, &pushed, "Go on")]).await;
            last = number;
            let id = format!("e-{day}-{hour}");
            let run = execution_of(pipeline, &id, &ended).revision(&commit_id(number));
            // Once a week an event is lost, and calls fail for a moment.
            match (day % 7, hour) {
                (2, 12) => scene.knows(&run).await,
                (3, 11) => {
                    scene.fails("codepipeline:GetPipelineExecution", Fault::throttled(), 2);
                    scene.runs(&run).await;
                }
                _ => scene.runs(&run).await,
            }
        }
        if day % 7 == 4 {
            scene.raises(&ops_item(day, &format!("{day} 16:00"))).await;
        }
        // Somebody tries the address.
        let (mut headers, body) = delivery("push", &json!({}));
        headers.insert("X-Hub-Signature-256".to_owned(), "sha256=beef".to_owned());
        scene.delivers(&format!("{day} 20:00"), &(headers, body)).await;
    }
    scene.until("29 12:00").await;
    assert_eq!(raised(&scene), Raised::new());
}
