//! The API server held against upstream's recorded answers, and the corpus against the resource table.

mod bed;
mod coverage;
mod long;

use bed::Bed;
use differential::Cluster;
use differential::Corpus;
use differential::recording;
use differential::replay;
use futures_util::StreamExt as _;

/// Scenarios that run beside each other.
const CONCURRENCY: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_upstreams() {
    hold(Cluster::OneFamily).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_cluster_with_two_families_is_upstreams() {
    hold(Cluster::TwoFamilies).await;
}

/// Asks everything, and fails with all that differs.
async fn hold(cluster: Cluster) {
    let bed = Bed::start(cluster).await;
    let mut corpus = Corpus::load(cluster).expect("the corpus reads");
    // For whoever looks at one difference: names, separated by commas.
    if let Ok(only) = std::env::var("DIFFERENTIAL_ONLY") {
        corpus.keep(&only.split(',').map(str::to_owned).collect::<Vec<_>>());
    }
    let replays = corpus.scenarios.iter().map(|scenario| {
        let target = bed.target.clone();
        async move { (scenario, replay::replay(scenario, &target).await) }
    });
    let mut replays = futures_util::stream::iter(replays).buffered(CONCURRENCY);
    let (mut report, mut differ, mut steps) = (String::new(), 0, 0);
    while let Some((scenario, facts)) = replays.next().await {
        let differences = match facts {
            Ok(facts) => {
                steps += facts.len();
                let kept =
                    recording::read(&corpus.answers(scenario)).expect("upstream's answers are recorded");
                recording::differences(scenario, &kept, &facts)
            }
            Err(error) => vec![format!("{error:#}")],
        };
        differ += differences.len();
        if !differences.is_empty() {
            report.push_str(&format!("===== {}\n{}\n\n", scenario.name, differences.join("\n\n")));
        }
    }
    assert!(steps > 0, "nothing was asked");
    assert!(differ == 0, "{differ} of {steps} answers differ from upstream's (< upstream, > ours)\n{report}");
}
