//! Repositories of git's.

use crate::world::Made;
use std::{
    cell::RefCell,
    collections::HashMap,
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A commit, and those that what is asked for can't be reached from.
type Asked = (usize, Vec<usize>);

/// A repository in a temporary directory. Its commits are called by their places in the world.
pub(crate) struct Repository {
    path: PathBuf,
    ids: Vec<String>,
    numbers: HashMap<String, usize>,
    /// What git has been asked for.
    lists: RefCell<HashMap<Asked, Vec<usize>>>,
    ancestors: RefCell<HashMap<(usize, usize), bool>>,
}

impl Repository {
    pub(crate) fn new(name: &str, commits: &[Made]) -> Self {
        let path = env::temp_dir().join(format!("lead-time-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let mut repository = Self {
            path,
            ids: Vec::new(),
            numbers: HashMap::new(),
            lists: RefCell::default(),
            ancestors: RefCell::default(),
        };
        repository.git(&["init", "--quiet", "--bare"], "");
        repository.git(&["fast-import", "--quiet", "--force", "--export-marks=marks"], &stream(commits));
        let marks = fs::read_to_string(repository.path.join("marks")).unwrap();
        let mut ids = vec![String::new(); commits.len()];
        for line in marks.lines() {
            let (mark, sha) = line.split_once(' ').unwrap();
            let number = mark[1..].parse::<usize>().unwrap() - 1;
            repository.numbers.insert(sha.to_owned(), number);
            sha.clone_into(&mut ids[number]);
        }
        repository.ids = ids;
        repository
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.path).env_clear();
        command.envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", &self.path);
        command
    }

    fn git(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        let mut git = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        git.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn id(&self, number: usize) -> &str {
        &self.ids[number]
    }

    pub(crate) fn number(&self, id: &str) -> usize {
        self.numbers[id]
    }

    /// The numbers of the commits that a text names.
    pub(crate) fn number_all(&self, text: &str) -> String {
        let numbers = text.split([' ', ',', ';']).filter_map(|word| self.numbers.get(word));
        numbers.map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// What can be reached from a commit and not from others, parents first.
    pub(crate) fn list(&self, from: usize, not: &[usize]) -> Vec<usize> {
        let asked = (from, not.to_vec());
        if let Some(list) = self.lists.borrow().get(&asked) {
            return list.clone();
        }
        let list = self.rev_list(from, not);
        self.lists.borrow_mut().insert(asked, list.clone());
        list
    }

    fn rev_list(&self, from: usize, not: &[usize]) -> Vec<usize> {
        let not: Vec<String> = not.iter().map(|number| format!("^{}", self.ids[*number])).collect();
        let mut arguments = vec!["rev-list", "--topo-order", "--reverse", &self.ids[from]];
        arguments.extend(not.iter().map(String::as_str));
        self.git(&arguments, "").lines().map(|sha| self.numbers[sha]).collect()
    }

    pub(crate) fn is_ancestor(&self, older: usize, younger: usize) -> bool {
        let ask = || {
            let arguments = ["merge-base", "--is-ancestor", &self.ids[older], &self.ids[younger]];
            self.command(&arguments).status().unwrap().success()
        };
        *self.ancestors.borrow_mut().entry((older, younger)).or_insert_with(ask)
    }

    pub(crate) fn remove(&self) {
        fs::remove_dir_all(&self.path).unwrap();
    }
}

/// What `git fast-import` makes commits of.
fn stream(commits: &[Made]) -> String {
    let mut stream = String::new();
    for (number, Made { parents, time, .. }) in commits.iter().enumerate() {
        let (mark, message) = (number + 1, format!("commit {number}"));
        let length = message.len();
        write!(stream, "commit refs/heads/c{mark}\nmark :{mark}\ncommitter t <t@example.org> {time} +0000\n")
            .unwrap();
        write!(stream, "data {length}\n{message}\n").unwrap();
        for (place, parent) in parents.iter().enumerate() {
            let word = if place == 0 { "from" } else { "merge" };
            writeln!(stream, "{word} :{}", parent + 1).unwrap();
        }
        stream.push('\n');
    }
    stream
}
