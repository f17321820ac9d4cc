//! What a text mentions: repositories as `owner/name`, bare or in an address, and pipelines by ARN or console address.
//!
//! Nothing needs to be known for that. What stands elsewhere in an address, such as the path of a host that keeps no
//! repositories or a query, is not prose, and mentions nothing.

use super::{is_delimited, is_joined};
use crate::sources::codepipeline::PipelineKey;
use std::ops::Range;

/// A mention, and where in the text it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where, in bytes.
    pub at: Range<usize>,
    /// What is mentioned.
    pub what: Mentioned,
}

/// What is mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mentioned {
    /// A repository.
    Repository {
        /// `owner/name` as written, without `.git`; of a GitLab project with subgroups all of its path.
        name: String,
        /// Whether it stands in the address of a Git host. What stands bare may be prose: `and/or`.
        in_address: bool,
    },
    /// A pipeline, by its ARN or that of one of its stages or actions.
    Pipeline(PipelineKey),
    /// A pipeline, by the address of a page of the console.
    ConsolePipeline(ConsolePipeline),
}

/// A pipeline as a console address names it, which tells no account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsolePipeline {
    /// The region; none where neither host nor query tell it.
    pub region: Option<String>,
    /// The pipeline's name.
    pub pipeline: String,
}

/// What a text mentions, in order of appearance.
pub fn mentions(text: &str) -> Vec<Mention> {
    read(text).0
}

/// What a text mentions, and its prose: the text with every byte of addresses and ARNs replaced by a NUL.
pub(crate) fn read(text: &str) -> (Vec<Mention>, String) {
    let mut mentions = Vec::new();
    let mut prose = String::with_capacity(text.len());
    for place in places(text) {
        let written = &text[place.clone()];
        mentions.extend(named_by_address(written).map(|what| Mention { at: place.clone(), what }));
        prose.push_str(&text[prose.len()..place.start]);
        prose.extend(std::iter::repeat_n('\0', place.len()));
    }
    prose.push_str(&text[prose.len()..]);
    mentions.extend(bare_repositories(&prose));
    mentions.sort_by_key(|mention| mention.at.start);
    (mentions, prose)
}

/// The words `owner/name` of a text without addresses.
fn bare_repositories(prose: &str) -> impl Iterator<Item = Mention> + '_ {
    words(prose, |char| is_joined(char) || char == '.').filter_map(|at| {
        let (start, end) = (at.start, at.end);
        let word = prose[at].trim_end_matches('.');
        let at = start..end.min(start + word.len());
        let (owner, name) = word.strip_suffix(".git").unwrap_or(word).split_once('/')?;
        (is_part(owner) && is_part(name)).then(|| {
            let name = format!("{owner}/{name}");
            Mention { at, what: Mentioned::Repository { name, in_address: false } }
        })
    })
}

/// The longest stretches of characters of a kind.
fn words(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + text[end..].find(&belongs)?;
        end = text[start..].find(|char| !belongs(char)).map_or(text.len(), |length| start + length);
        Some(start..end)
    })
}

/// The addresses and ARNs of a text.
fn places(text: &str) -> Vec<Range<usize>> {
    let is_address =
        |char: char| char.is_alphanumeric() || char.is_ascii_graphic() && !"<>\"`|{}\\^".contains(char);
    let mut places = Vec::new();
    for chunk in words(text, is_address) {
        let mut from = chunk.start;
        for atom in
            words(&text[chunk.clone()], |char| char.is_ascii_alphanumeric() || "-.+_~%".contains(char))
        {
            let atom = chunk.start + atom.start..chunk.start + atom.end;
            if atom.start < from || !is_delimited(text, atom.start, atom.end, is_joined_but_slash_after) {
                continue;
            }
            if let Some(end) = place_end(text, &atom, chunk.end) {
                let user = text[from..atom.start].strip_suffix('@').map_or(0, |before| {
                    let name = |char: char| char.is_ascii_alphanumeric() || "-._+".contains(char);
                    1 + before.len() - before.trim_end_matches(name).len()
                });
                from = end;
                places.push(atom.start - user..end);
            }
        }
    }
    places
}

/// What may not adjoin the beginning of an address; after its first word a `/` is right.
fn is_joined_but_slash_after(char: char) -> bool {
    is_joined(char) && char != '/'
}

/// The end of the address or ARN that begins with a word; none if none does.
fn place_end(text: &str, atom: &Range<usize>, chunk_end: usize) -> Option<usize> {
    let (word, after) = (&text[atom.clone()], &text[atom.end..chunk_end]);
    let before = text[..atom.start].chars().next_back();
    let whole = || {
        let quote = before.filter(|char| *char == '\'');
        atom.start + address_length(&text[atom.start..chunk_end], quote)
    };
    if word.eq_ignore_ascii_case("arn") && after.starts_with(':') {
        // The ARN of a CodeCommit repository ends with its name, which may be read as a word.
        if after.split(':').nth(2) == Some("codecommit") {
            return None;
        }
        let is_arn = |char: char| char.is_ascii_alphanumeric() || "-._@:/".contains(char);
        let arn = &text[atom.start..chunk_end];
        let arn = &arn[..arn.find(|char| !is_arn(char)).unwrap_or(arn.len())];
        let arn = arn.trim_end_matches(['.', ':', '/']);
        return Some(atom.start + arn.len());
    }
    if after.starts_with("://") {
        return Some(whole());
    }
    if before == Some('/') || !is_host(word) {
        return None;
    }
    let at_user = before == Some('@');
    let rest = after.strip_prefix(['/', ':', '?', '#']);
    let known = keeps_repositories(word).is_some() || console_region(word).is_some();
    let is_one_path = |rest: &str| !rest.contains(['/', '?', '#']);
    match (rest, after.chars().next()) {
        (Some(rest), Some('/')) if known || at_user || !is_one_path(rest) => Some(whole()),
        (Some(_), Some('?' | '#')) => Some(whole()),
        (Some(rest), Some(':'))
            if known || at_user || rest.starts_with(|char: char| char.is_ascii_digit()) =>
        {
            Some(whole())
        }
        // An e-mail address.
        _ => at_user.then_some(atom.end),
    }
}

/// The length of the address that a text begins with: up to the quote or bracket that closes what was opened before it,
/// without the punctuation of the sentence.
fn address_length(text: &str, quote: Option<char>) -> usize {
    let mut open = 0_usize;
    let end = text.char_indices().find_map(|(place, char)| {
        match char {
            '(' | '[' => open += 1,
            ')' | ']' if open == 0 => return Some(place),
            ')' | ']' => open -= 1,
            _ if quote == Some(char) => return Some(place),
            _ => {}
        }
        None
    });
    text[..end.unwrap_or(text.len())].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']).len()
}

/// Whether a word may be a host's name: labels with a dot between them, the last of them letters.
fn is_host(word: &str) -> bool {
    let word = word.strip_suffix('.').unwrap_or(word);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_top = |(_, top): (&str, &str)| top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    word.split('.').all(is_label) && word.rsplit_once('.').is_some_and(is_top)
}

fn named_by_address(address: &str) -> Option<Mentioned> {
    if address.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("arn:")) {
        return PipelineKey::from_arn(address).map(Mentioned::Pipeline);
    }
    let address = address.split_once("://").map_or(address, |(_scheme, rest)| rest);
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let place = place.split('#').next()?;
    let authority = place.split('/').next()?;
    let authority_start = authority.rfind('@').map_or(0, |user| user + 1);
    let host_end = place[authority_start..].find([':', '/']).map(|end| authority_start + end)?;
    let host = place[authority_start..host_end].to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    // After a colon comes a port, or for SSH the path.
    let path = match place[host_end..].strip_prefix(':') {
        Some(rest) => rest.trim_start_matches(|char: char| char.is_ascii_digit()),
        None => &place[host_end..],
    };
    let path = decoded(path.strip_prefix('/').unwrap_or(path))?;
    if let Some(region) = console_region(host) {
        return console_pipeline(region, &path, query).map(Mentioned::ConsolePipeline);
    }
    let name = repository(keeps_repositories(host)?, &path)?;
    Some(Mentioned::Repository { name, in_address: true })
}

/// Percent-decoded; none if that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%');
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

/// The region that the host of a console tells, empty if it tells none; none if it is no console.
fn console_region(host: &str) -> Option<String> {
    const CONSOLES: [&str; 3] =
        ["console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn"];
    let host = host.to_ascii_lowercase();
    let before = CONSOLES.iter().find_map(|console| host.strip_suffix(console))?;
    // A console for several sessions has the session before the region.
    let region = before.strip_suffix('.').map(|before| before.rsplit('.').next().unwrap_or(before));
    (before.is_empty() || region.is_some()).then(|| region.unwrap_or_default().to_owned())
}

/// `codesuite/codepipeline/pipelines/NAME/…`; what the query says of the region is what the console shows.
fn console_pipeline(host_region: String, path: &str, query: &str) -> Option<ConsolePipeline> {
    let name = path.strip_prefix("codesuite/codepipeline/pipelines/")?.split('/').next()?;
    let is_name = |char: char| char.is_ascii_alphanumeric() || ".@-_".contains(char);
    let pipeline: String = name.chars().take_while(|char| is_name(*char)).collect();
    let query = query.split('#').next().unwrap_or(query);
    let asked = query.split('&').find_map(|pair| pair.trim_start_matches("amp;").strip_prefix("region="));
    let asked = asked.filter(|region| {
        !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let region = asked.map_or(host_region, str::to_owned);
    let region = Some(region).filter(|region| !region.is_empty());
    (!pipeline.is_empty()).then_some(ConsolePipeline { region, pipeline })
}

/// The software of a host that keeps Git repositories.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Software {
    GitHub,
    GitLab,
    Bitbucket,
    Unknown,
}

/// Whether a host keeps Git repositories: the well-known ones, and those whose first label says it. A host below a name
/// like `github.com` is somebody else's.
fn keeps_repositories(host: &str) -> Option<Software> {
    let host = host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    if host.strip_suffix(".ghe.com").is_some_and(|tenant| !tenant.is_empty()) {
        return Some(Software::GitHub);
    }
    let mut labels = host.split('.');
    let first = labels.next()?;
    let is_posing = matches!(labels.next(), Some("com" | "org" | "net" | "io")) && labels.next().is_some();
    match first {
        _ if is_posing => None,
        "github" => Some(Software::GitHub),
        "gitlab" => Some(Software::GitLab),
        "bitbucket" => Some(Software::Bitbucket),
        "git" => Some(Software::Unknown),
        _ => None,
    }
}

/// Pages of hosts that stand where an owner would.
const PAGES: [&str; 38] = [
    "about",
    "account",
    "admin",
    "api",
    "apps",
    "codespaces",
    "collections",
    "contact",
    "customer-stories",
    "dashboard",
    "enterprise",
    "events",
    "explore",
    "features",
    "groups",
    "help",
    "issues",
    "login",
    "logout",
    "marketplace",
    "new",
    "notifications",
    "organizations",
    "orgs",
    "pricing",
    "projects",
    "pulls",
    "rest",
    "scm",
    "search",
    "security",
    "sessions",
    "settings",
    "signup",
    "sponsors",
    "topics",
    "users",
    "workspaces",
];

/// Pages of a project, which GitLab had without `/-/` before them.
const PROJECT_PAGES: [&str; 14] = [
    "blob",
    "branches",
    "commit",
    "commits",
    "compare",
    "edit",
    "issues",
    "jobs",
    "merge_requests",
    "pipelines",
    "raw",
    "tags",
    "tree",
    "wikis",
];

/// The repository that a path leads to.
///
/// Its first two parts are. GitLab has groups in groups: what comes before `/-/` or a page, or ends in `.git`, is the
/// project then. `/-/` in third place or later, or a part that ends in `.git`, tells that of any host but the two that
/// have no groups in groups.
fn repository(software: Software, path: &str) -> Option<String> {
    let flat = matches!(software, Software::GitHub | Software::Bitbucket);
    let all: Vec<&str> = path.split('/').take_while(|part| !part.is_empty()).collect();
    let end = all.iter().enumerate().position(|(place, part)| {
        *part == "-" || place >= 2 && PROJECT_PAGES.contains(part) && software == Software::GitLab
    });
    let of_git = all.iter().position(|part| part.ends_with(".git")).map(|place| place + 1);
    let count = match (software, of_git.or(end)) {
        _ if flat => 2,
        (_, Some(count)) => count,
        (Software::GitLab, None) => all.len(),
        (_, None) => 2,
    };
    let (owner, rest) = all.get(..count)?.split_first()?;
    let (name, groups) = rest.split_last()?;
    // Where the address ends in a text without spaces, what is no name comes next.
    let is_name = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    let name = &name[..name.find(|char| !is_name(char)).unwrap_or(name.len())];
    let name = name.trim_end_matches('.');
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_page = PAGES.contains(&owner.to_ascii_lowercase().as_str());
    let is_named = is_part(owner) && groups.iter().all(|group| is_part(group)) && is_part(name) && !is_page;
    is_named.then(|| all[..count - 1].join("/") + "/" + name)
}

/// Whether a text may be an owner or name.
fn is_part(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is mentioned, one a line: `bare x/y`, `x/y`, `arn ACCOUNT REGION NAME`, `console REGION NAME`.
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = mentions(text)
            .into_iter()
            .map(|mention| match mention.what {
                Mentioned::Repository { name, in_address: true } => name,
                Mentioned::Repository { name, in_address: false } => format!("bare {name}"),
                Mentioned::Pipeline(PipelineKey { place, pipeline }) => {
                    format!("arn {place} {pipeline}")
                }
                Mentioned::ConsolePipeline(ConsolePipeline { region, pipeline }) => {
                    format!("console {} {pipeline}", region.unwrap_or_default())
                }
            })
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn bare_names() {
        check("", &[]);
        check("acme/shop is down", &["bare acme/shop"]);
        check("(acme/shop), acme/api.", &["bare acme/shop", "bare acme/api"]);
        check("acme/shop#7 acme/shop's", &["bare acme/shop", "bare acme/shop"]);
        check("acme/shop.git acme/shop.js", &["bare acme/shop", "bare acme/shop.js"]);
        check("acme/shop/tree /acme/shop acme/shop/ acme/ /shop //", &[]);
        check("éacme/shop acme/shopé acme/- ./.", &[]);
    }

    #[test]
    fn addresses_of_repositories() {
        check("https://github.com/acme/shop/issues/7", &["acme/shop"]);
        check("HTTP://GitHub.com/Acme/Shop.", &["Acme/Shop"]);
        check("github.com/acme/shop, www.github.com/acme/api", &["acme/shop", "acme/api"]);
        check("git@github.com:acme/shop.git", &["acme/shop"]);
        check("ssh://git@github.com/acme/shop.git", &["acme/shop"]);
        check("ssh://git@git.example.com:22/acme/shop", &["acme/shop"]);
        check("https://user:secret@github.com:443/acme/shop?x=a/b#c/d", &["acme/shop"]);
        check(
            "[acme/api](https://github.com/acme/shop), acme/x",
            &["bare acme/api", "acme/shop", "bare acme/x"],
        );
        check("<https://github.com/acme/shop|shop>", &["acme/shop"]);
        check("https://github.com/acme/shop障害", &["acme/shop"]);
        check("https://acme.ghe.com/acme/shop", &["acme/shop"]);
        check("https://github.example.com/acme/shop", &["acme/shop"]);
        check("https://gitlab.com/acme/tools/shop/-/issues/7", &["acme/tools/shop"]);
        check("https://gitlab.com/acme/shop/merge_requests/7", &["acme/shop"]);
        check("https://git.example.com/acme/tools/shop.git", &["acme/tools/shop"]);
        check("https://bitbucket.org/acme/shop/src/main", &["acme/shop"]);
        check("https://github.com/acme%2Fshop", &["acme/shop"]);
    }

    #[test]
    fn addresses_of_something_else() {
        check("https://github.com/acme https://github.com/ https://github.com", &[]);
        check(
            "https://github.com/orgs/acme https://github.com/settings/keys github.com/features/actions",
            &[],
        );
        check("https://gitlab.com/groups/acme/-/issues https://gitlab.com/acme/-/epics", &[]);
        check("https://github.com.evil.example/acme/shop", &[]);
        check("https://github.com@evil.example/acme/shop", &[]);
        check("https://evil.example/github.com/acme/shop", &[]);
        check("https://evil.example/?u=https://github.com/acme/shop", &[]);
        check("https://example.com/x?repo=acme/shop&y=(acme/api)", &[]);
        check("grafana.example.com/d?var=acme/shop", &[]);
        check("égithub.com/acme/shop gіthub.com/acme/shop", &[]);
        check("https://github.com/../acme/shop https://github.com//acme/shop", &[]);
        check("deploy@example.com:acme/shop jane@github.com", &[]);
        check("https://github.com/%ff/shop https://github.com/%/shop", &[]);
    }

    #[test]
    fn pipelines() {
        let arn = "arn:aws:codepipeline:eu-west-1:111111111111:shop";
        let shop = ["arn 111111111111 eu-west-1 shop"];
        check(&format!("({arn})."), &shop);
        check(&format!("{arn}/Source/Action: failed"), &shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:webhook:shop", &[]);
        check("arn:aws:lambda:eu-west-1:111111111111:function:acme/shop", &[]);
        let page = "console.aws.amazon.com/codesuite/codepipeline/pipelines/shop";
        let shop = ["console eu-west-1 shop"];
        check(&format!("https://eu-west-1.{page}/view?region=eu-west-1"), &shop);
        check(&format!("https://{page}/view?x=1&region=eu-west-1."), &shop);
        check(&format!("eu-west-1.{page}/executions/1/timeline"), &shop);
        check(&format!("https://1-a.eu-west-1.{page}"), &shop);
        check(&format!("https://{page}"), &["console  shop"]);
        check(
            "https://console.amazonaws-us-gov.com/codesuite/codepipeline/pipelines/a%40b/view?region=us-gov-west-1",
            &["console us-gov-west-1 a@b"],
        );
        check(
            "https://cn-north-1.console.amazonaws.cn/codesuite%2Fcodepipeline%2Fpipelines%2Fshop%2Fview",
            &["console cn-north-1 shop"],
        );
        check("https://console.aws.amazon.com/codesuite/codepipeline/pipelines", &[]);
        check("https://console.aws.amazon.com.evil.example/codesuite/codepipeline/pipelines/shop", &[]);
        check("https://evilconsole.aws.amazon.com/codesuite/codepipeline/pipelines/shop", &[]);
    }

    #[test]
    fn long_texts_are_read_in_no_time() {
        for part in ["arn:x:codecommit:", "https://", "a.bc/", "a@b.cd:", "(", "acme/", ".", "@"] {
            assert!(mentions(&part.repeat(100_000)).len() < 100_001, "{part}");
        }
    }
}
