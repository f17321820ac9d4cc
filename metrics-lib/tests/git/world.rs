//! Made-up repositories: what people do to branches, as GitHub would see it.

use std::collections::BTreeMap;

/// The first instant, in seconds.
pub(crate) const START: i64 = 1_780_000_000;
const HOUR: i64 = 3600;

/// Numbers that a seed decides.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than a number.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % (count.max(1) as u64)).unwrap()
    }

    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.next() % u64::try_from(most - least + 1).unwrap()).unwrap()
    }

    pub(crate) fn in_100(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        of.get(self.below(of.len()))
    }
}

/// A commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) parents: Vec<usize>,
    pub(crate) time: i64,
    /// Whether its message begins like a merge's.
    pub(crate) merge: bool,
    pub(crate) bot: bool,
    pub(crate) from_pull_request: bool,
}

/// What merging a pull request made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merging {
    Merge,
    Squash,
    Rebase,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Push {
        branch: String,
        time: i64,
        old: Option<usize>,
        new: usize,
        forced: bool,
        /// The heads of the other branches.
        others: Vec<usize>,
        /// Whether GitHub lists nothing.
        nothing: bool,
    },
    Request {
        branch: String,
        head_branch: String,
        time: i64,
        /// The base branch's head, which the branch's commits are counted from.
        base: usize,
        head: usize,
        made: usize,
        /// All that rebasing made.
        chain: Vec<usize>,
        merging: Merging,
        same_repository: bool,
    },
    Deploy {
        branch: String,
        time: i64,
        revision: usize,
    },
}

impl Event {
    pub(crate) fn time(&self) -> i64 {
        match self {
            Self::Push { time, .. } | Self::Request { time, .. } | Self::Deploy { time, .. } => *time,
        }
    }
}

/// How people work.
struct Style {
    develop: bool,
    releases: bool,
    hotfixes: bool,
    forces: bool,
    untitled: usize,
    squash: usize,
    rebase: usize,
}

/// A repository, its commits and all that happened to it.
pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) commits: Vec<Made>,
    pub(crate) events: Vec<Event>,
    branches: BTreeMap<String, usize>,
    now: i64,
    style: Style,
    named: usize,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self::empty(seed);
        world.begin();
        let steps = world.chance.between(25, 60);
        for _ in 0..steps {
            world.step();
        }
        world
    }

    /// One push of more commits than GitHub lists, between two deployments.
    pub(crate) fn large(count: usize) -> Self {
        let mut world = Self::empty(0);
        let mut head = world.commit(&[], 1);
        world.push("main", head, false, false);
        world.deploy_branch("main");
        for _ in 0..count {
            world.now += 2;
            head = world.commit(&[head], 1);
        }
        world.push("main", head, false, false);
        world.deploy_branch("main");
        world
    }

    fn empty(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let style = Style {
            develop: chance.in_100(30),
            releases: chance.in_100(30),
            hotfixes: chance.in_100(40),
            forces: chance.in_100(25),
            untitled: if chance.in_100(50) { 0 } else { 30 },
            squash: chance.below(101),
            rebase: chance.below(40),
        };
        let (commits, events, branches) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { chance, commits, events, branches, now: START, style, named: 0 }
    }

    fn begin(&mut self) {
        let first = self.commit(&[], 1);
        self.push("main", first, false, false);
        self.work("main");
        if self.style.develop {
            let head = self.branches["main"];
            self.push("develop", head, false, false);
            self.work("develop");
        }
    }

    fn step(&mut self) {
        let long = self.chance.in_100(5);
        self.now +=
            if long { self.chance.between(24, 900) * HOUR } else { self.chance.between(120, 30 * HOUR) };
        let topics = self.named_like("topic/");
        match self.chance.below(100) {
            0..14 => self.create_topic(),
            14..24 => self.on_some(&topics, Self::work),
            24..30 => self.on_some(&topics, Self::update),
            30..34 if self.style.forces => self.on_some(&topics, Self::rewrite),
            34..52 => self.on_some(&topics, |world, topic| world.request(&[topic.to_owned()])),
            52..55 => self.queue(&topics),
            55..60 => self.on_some(&topics, Self::merge_locally),
            60..66 => self.work("main"),
            66..69 => self.fork(),
            69..74 => self.hotfix(),
            74..79 => self.release(),
            79..85 if self.style.develop => self.integrate(),
            85..86 if self.style.forces => self.rewrite("main"),
            86..97 => self.deploy(),
            _ => self.deploy_again(),
        }
    }

    fn named_like(&self, prefix: &str) -> Vec<String> {
        self.branches.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    fn on_some(&mut self, branches: &[String], act: impl FnOnce(&mut Self, &str)) {
        if let Some(branch) = self.chance.pick(branches) {
            act(self, branch);
        }
    }

    /// A commit, made some time before now, but not before its parents.
    fn commit(&mut self, parents: &[usize], before: i64) -> usize {
        let youngest = parents.iter().map(|parent| self.commits[*parent].time).max().unwrap_or(START - 100);
        let time = (self.now - self.chance.between(1, before.max(1))).max(youngest + 1).min(self.now);
        let bot = self.chance.in_100(4);
        self.commits.push(Made { parents: parents.to_vec(), time, bot, ..Made::default() });
        self.commits.len() - 1
    }

    fn commits(&mut self, mut head: usize) -> usize {
        for _ in 0..self.chance.between(1, 3) {
            self.now += 60;
            head = self.commit(&[head], 50);
        }
        // Time goes by until they are pushed.
        if self.chance.in_100(40) {
            self.now += self.chance.between(60, 40 * HOUR);
        }
        head
    }

    /// Pushes a branch; where it was merged to what others had, GitHub may list nothing.
    fn push(&mut self, branch: &str, new: usize, forced: bool, nothing: bool) {
        self.now += self.chance.between(1, 60);
        let old = self.branches.insert(branch.to_owned(), new);
        let others =
            self.branches.iter().filter(|(name, _)| *name != branch).map(|(_, head)| *head).collect();
        let (branch, time) = (branch.to_owned(), self.now);
        self.events.push(Event::Push { branch, time, old, new, forced, others, nothing });
    }

    fn work(&mut self, branch: &str) {
        let head = self.commits(self.branches[branch]);
        self.push(branch, head, false, false);
    }

    fn create_topic(&mut self) {
        self.named += 1;
        let name = format!("topic/{}", self.named);
        let trunk = self.trunk();
        let mut base = self.branches[&trunk];
        if self.chance.in_100(10) {
            base = self.commits[base].parents.first().copied().unwrap_or(base);
        } else if self.chance.in_100(10)
            && let Some(other) = self.chance.pick(&self.named_like("topic/"))
        {
            base = self.branches[other];
        }
        if self.chance.in_100(40) {
            self.push(&name, base, false, false);
        }
        let head = self.commits(base);
        self.push(&name, head, false, false);
    }

    /// The branch that topics are merged into.
    fn trunk(&self) -> String {
        if self.style.develop { "develop" } else { "main" }.to_owned()
    }

    fn has(&self, branch: usize, commit: usize) -> bool {
        let mut waiting = vec![branch];
        let mut seen = vec![false; self.commits.len()];
        while let Some(at) = waiting.pop() {
            if at == commit {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                waiting.extend(&self.commits[at].parents);
            }
        }
        false
    }

    fn merge(&mut self, into: usize, what: usize) -> usize {
        let merge = self.commit(&[into, what], 30);
        self.commits[merge].merge = !self.chance.in_100(self.style.untitled);
        merge
    }

    /// Merges the trunk into a topic.
    fn update(&mut self, topic: &str) {
        let (head, trunk) = (self.branches[topic], self.branches[&self.trunk()]);
        if self.has(head, trunk) {
            return;
        }
        let mut head = if self.chance.in_100(30) { self.commits(head) } else { head };
        head = self.merge(head, trunk);
        if self.chance.in_100(30) {
            head = self.commits(head);
        }
        self.push(topic, head, false, false);
    }

    /// Amends the last commit.
    fn rewrite(&mut self, branch: &str) {
        let head = self.branches[branch];
        let parents = self.commits[head].parents.clone();
        if parents.is_empty() {
            return;
        }
        let head = if self.chance.in_100(40) && branch != "main" {
            // Or all that is not on the trunk, on top of it.
            let mut onto = self.branches[&self.trunk()];
            for _ in self.new_in(head, onto) {
                self.now += 1;
                onto = self.commit(&[onto], 1);
            }
            onto
        } else {
            self.commit(&parents, 50)
        };
        if head != self.branches[branch] && !self.has(head, self.branches[branch]) {
            self.push(branch, head, true, false);
        }
    }

    /// What one commit has and another has not, but no merges, the earliest first.
    fn new_in(&self, head: usize, base: usize) -> Vec<usize> {
        let is_new = |commit: &usize| self.commits[*commit].parents.len() < 2 && !self.has(base, *commit);
        (0..self.commits.len()).filter(|commit| self.has(head, *commit)).filter(is_new).collect()
    }

    /// Merges pull requests in one push.
    fn request(&mut self, topics: &[String]) {
        let trunk = self.trunk();
        let mut head = self.branches[&trunk];
        let merging = match self.chance.below(100) {
            kind if kind < self.style.squash => Merging::Squash,
            kind if kind < self.style.squash + self.style.rebase => Merging::Rebase,
            _ => Merging::Merge,
        };
        let mut requests = Vec::new();
        for topic in topics {
            let own = self.branches[topic];
            if !self.has(head, own) {
                requests.push((topic.clone(), own, head, self.merge_request(merging, head, own)));
                head = requests.last().and_then(|(.., chain)| chain.last().copied()).unwrap_or(head);
            }
        }
        if requests.is_empty() || head == self.branches[&trunk] {
            return;
        }
        self.push(&trunk, head, false, false);
        for (topic, own, base, chain) in requests {
            let Some(made) = chain.last().copied() else { continue };
            let (branch, time) = (trunk.clone(), self.now);
            let head_branch = topic.clone();
            self.events.push(Event::Request {
                branch,
                head_branch,
                time,
                base,
                head: own,
                made,
                chain,
                merging,
                same_repository: true,
            });
            if !self.chance.in_100(20) {
                self.branches.remove(&topic);
            }
        }
    }

    /// What merging makes.
    fn merge_request(&mut self, merging: Merging, base: usize, head: usize) -> Vec<usize> {
        self.now += 5;
        let from_pull_request = !self.chance.in_100(10);
        match merging {
            Merging::Merge => {
                let merge = self.merge(base, head);
                self.commits[merge].from_pull_request = from_pull_request;
                self.commits[merge].merge = from_pull_request;
                vec![merge]
            }
            Merging::Squash => {
                let squashed = self.commit(&[base], 1);
                self.commits[squashed].from_pull_request = from_pull_request;
                self.commits[squashed].merge = self.chance.in_100(5);
                self.commits[squashed].bot = false;
                vec![squashed]
            }
            Merging::Rebase => {
                let mut onto = base;
                let rebased = self.new_in(head, base).into_iter().map(|_| {
                    self.now += 1;
                    onto = self.commit(&[onto], 1);
                    self.commits[onto].bot = false;
                    onto
                });
                rebased.collect()
            }
        }
    }

    fn queue(&mut self, topics: &[String]) {
        let first = self.chance.below(topics.len());
        let topics: Vec<_> = topics.iter().skip(first).take(3).cloned().collect();
        self.request(&topics);
    }

    /// A pull request from a fork, which nobody sees the branch of.
    fn fork(&mut self) {
        let (trunk, base) = (self.trunk(), self.branches[&self.trunk()]);
        let head = self.commits(base);
        let merging = if self.chance.in_100(50) { Merging::Squash } else { Merging::Merge };
        let chain = self.merge_request(merging, base, head);
        let made = chain[0];
        self.push(&trunk, made, false, false);
        let (time, head_branch) = (self.now, "patch".to_owned());
        self.events.push(Event::Request {
            branch: trunk,
            head_branch,
            time,
            base,
            head,
            made,
            chain,
            merging,
            same_repository: false,
        });
    }

    /// Merges a topic without a pull request.
    fn merge_locally(&mut self, topic: &str) {
        let (trunk, own) = (self.trunk(), self.branches[topic]);
        let head = self.branches[&trunk];
        if self.has(head, own) {
            return;
        }
        if self.has(own, head) && self.chance.in_100(50) {
            let nothing = self.chance.in_100(60);
            return self.push(&trunk, own, false, nothing);
        }
        let mut head = self.merge(head, own);
        if self.chance.in_100(20) {
            head = self.commits(head);
        }
        self.push(&trunk, head, false, false);
        if self.chance.in_100(50) {
            self.branches.remove(topic);
        }
    }

    /// A hotfix is made and deployed, or merged.
    fn hotfix(&mut self) {
        if !self.style.hotfixes {
            return;
        }
        let hotfixes = self.named_like("hotfix/");
        if let Some(hotfix) = self.chance.pick(&hotfixes).cloned() {
            let (main, own) = (self.branches["main"], self.branches[&hotfix]);
            if !self.has(main, own) {
                let head = self.merge(main, own);
                self.push("main", head, false, false);
            }
            self.branches.remove(&hotfix);
            return;
        }
        self.named += 1;
        let name = format!("hotfix/{}", self.named);
        let live = self.events.iter().rev().find_map(|event| match event {
            Event::Deploy { revision, .. } => Some(*revision),
            _ => None,
        });
        let base = live.filter(|_| self.chance.in_100(50)).unwrap_or(self.branches["main"]);
        if self.chance.in_100(50) {
            self.push(&name, base, false, false);
        }
        let head = self.commits(base);
        self.push(&name, head, false, false);
        self.deploy_branch(&name);
    }

    /// A release branch is made, takes commits of its own, picked ones, or all of main.
    fn release(&mut self) {
        if !self.style.releases {
            return;
        }
        let name = "release/1";
        let main = self.branches["main"];
        let Some(head) = self.branches.get(name).copied() else {
            let base = if self.chance.in_100(10) { self.branches[&self.trunk()] } else { main };
            let head = if self.chance.in_100(30) { self.commits(base) } else { base };
            return self.push(name, head, false, false);
        };
        match self.chance.below(3) {
            0 => self.work(name),
            1 if self.has(main, head) && head != main => {
                let nothing = self.chance.in_100(50);
                self.push(name, main, false, nothing);
            }
            1 if !self.has(head, main) => {
                let merged = self.merge(head, main);
                self.push(name, merged, false, false);
            }
            // It comes back.
            _ if !self.has(main, head) => {
                let merged = self.merge(main, head);
                self.push("main", merged, false, false);
            }
            _ => {}
        }
        self.deploy_branch(name);
    }

    /// Develop goes to main.
    fn integrate(&mut self) {
        let (main, develop) = (self.branches["main"], self.branches["develop"]);
        if self.has(main, develop) {
            return;
        }
        if self.has(develop, main) && self.chance.in_100(40) {
            let nothing = self.chance.in_100(50);
            self.push("main", develop, false, nothing);
        } else {
            let merged = self.merge(main, develop);
            self.push("main", merged, false, false);
        }
        if self.chance.in_100(60) {
            self.deploy_branch("main");
        }
    }

    fn deploy(&mut self) {
        let branch = if self.chance.in_100(85) { "main" } else { "release/1" };
        let branch = if self.branches.contains_key(branch) { branch } else { "main" };
        self.deploy_branch(branch);
    }

    fn deploy_branch(&mut self, branch: &str) {
        self.now += self.chance.between(120, 2 * HOUR);
        let (revision, branch, time) = (self.branches[branch], branch.to_owned(), self.now);
        self.events.push(Event::Deploy { branch, time, revision });
    }

    /// What was live once is deployed again, or rolled back to.
    fn deploy_again(&mut self) {
        let deployed: Vec<(String, usize)> = self
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Deploy { branch, revision, .. } => Some((branch.clone(), *revision)),
                _ => None,
            })
            .collect();
        let recent = deployed.len().saturating_sub(4);
        if let Some((branch, revision)) = self.chance.pick(&deployed[recent..]).cloned() {
            self.now += HOUR;
            self.events.push(Event::Deploy { branch, time: self.now, revision });
        }
    }
}
