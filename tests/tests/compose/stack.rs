//! The stack of one test: a copy of what the deployment consists of, with project, image, ports and networks of its own.
//! Everything of it is removed with the value.

use super::engine::{Engine, docker, run};
use anyhow::{Context as _, Result, bail, ensure};
use segnalalo_tests::harness::{Folder, binary, ports, root, wait_until};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};

const BASES: [&str; 2] = ["nats:2.15.1", "rust:1.95-slim-bookworm"];
const MOST_MB: u64 = 40;

pub struct Stack {
    engine: Engine,
    folder: Folder,
    project: String,
    variables: BTreeMap<&'static str, String>,
    /// Images that this test made and takes away again.
    images: Vec<String>,
    up: bool,
}

impl Stack {
    pub fn prepare(engine: Engine) -> Result<Self> {
        let folder = Folder::new("compose")?;
        let copy = |name: &str| copy_all(&root().join(name), &folder.join(name));
        for name in ["docker-compose.yml", ".dockerignore", "deploy", "scripts", "secrets/README.md"] {
            copy(name).with_context(|| name.to_owned())?;
        }
        fs::create_dir_all(folder.join(".tools/bin"))?;
        copy(".tools/bin/nats-server")?;
        let program = folder.join("deploy/image/segnalalo");
        run(strip(binary::segnalalo()?, &program))?;
        let project = format!("segnalalo-test-{}", std::process::id());
        let port = |_| format!("127.0.0.1:{}", ports::free());
        let names = ["REGISTRY_PUBLISH", "INGEST_FACEBOOK_PUBLISH", "INGEST_WHATSAPP_PUBLISH", "GRAPH_SIM_PUBLISH"];
        let mut variables: BTreeMap<&'static str, String> = names.into_iter().map(|name| (name, port(name))).collect();
        variables.insert("SEGNALALO_VERSION", project.clone());
        Ok(Self { engine, folder, project, variables, images: Vec::new(), up: false })
    }

    fn compose(&self, arguments: &[&str]) -> Command {
        let mut command = self.engine.compose(self.folder.path());
        command.args(["--project-name", &self.project, "--profile", "demo"]).args(arguments);
        command.envs(&self.variables).env("DOCKER_BUILDKIT", "0").env("COMPOSE_DOCKER_CLI_BUILD", "0");
        command
    }

    /// As Compose renders it, with every profile.
    pub fn config(&self) -> Result<Value> {
        let mut command = self.engine.compose(self.folder.path());
        let profiles = ["--profile", "demo", "--profile", "https", "--profile", "tools"];
        command.args(profiles).arg("config").envs(&self.variables);
        let rendered = self.folder.join("rendered.yml");
        fs::write(&rendered, run(command)?)?;
        // By the Python that Debian's docker-compose itself is made of; Compose v2 writes YAML too.
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-c", "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"]);
        python.arg(&rendered);
        Ok(serde_json::from_str(&run(python)?)?)
    }

    pub fn build(&mut self) -> Result<()> {
        let missing = |name: &&str| docker(&["image", "inspect", name]).is_err();
        let missing = BASES.into_iter().filter(missing).map(str::to_owned).collect::<Vec<_>>();
        let mut stand_ins = Command::new(self.folder.join("scripts/stand-ins"));
        // A debug program stands in: the base images have to fit this machine's libraries.
        stand_ins.env("SEGNALALO_STAND_INS", "always");
        let said = run(stand_ins)?;
        self.images.extend(missing);
        for line in said.lines() {
            println!("compose: {line}");
        }
        self.images.push(self.image());
        let unnamed = || docker(&["images", "--quiet", "--filter", "dangling=true"]);
        let before = unnamed()?;
        run(self.compose(&["build", "--force-rm"]))?;
        // The build stage, which has no name.
        self.images.extend(unnamed()?.lines().filter(|id| !before.contains(id)).map(str::to_owned));
        let size: u64 = docker(&["image", "inspect", "--format", "{{.Size}}", &self.image()])?.trim().parse()?;
        let megabytes = size.div_ceil(1_000_000);
        // `deploy/image/assemble` builds with the profile `image`.
        let optimised = |folder: &Path| folder.ends_with("image") || folder.ends_with("release");
        let optimised = binary::segnalalo()?.ancestors().any(optimised);
        println!("compose: the image has {megabytes} MB{}", if optimised { "" } else { " (of a debug build)" });
        ensure!(!optimised || megabytes <= MOST_MB, "the image has {megabytes} MB; {MOST_MB} are allowed");
        Ok(())
    }

    fn image(&self) -> String {
        format!("segnalalo:{}", self.project)
    }

    /// Ends with 64, and names the variable.
    pub fn a_process_without_its_secret_says_which(&self) -> Result<()> {
        for (process, variable) in [
            ("registry", "SEGNALALO_MASTER_KEY"),
            ("ingest-facebook", "FACEBOOK_APP_SECRET"),
            ("ingest-whatsapp", "WHATSAPP_APP_SECRET"),
        ] {
            let output = Command::new("docker")
                .args(["run", "--rm", "--network", "none", "--read-only", &self.image(), process])
                .output()?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            ensure!(output.status.code() == Some(64), "{process}: {}\n{said}", output.status);
            ensure!(said.contains(variable), "{process}: {said}");
        }
        println!("compose: a process without its secret names it and exits with 64");
        Ok(())
    }

    pub fn up(&mut self) -> Result<()> {
        self.up = true;
        run(self.compose(&["up", "-d"])).map(|_| ())
    }

    fn container(&self, service: &str) -> Result<String> {
        // Compose v2 shows one that has ended only with -a.
        let id = run(self.compose(&["ps", "-aq", service]))?;
        let id = id.trim().to_owned();
        ensure!(!id.is_empty(), "{service} has no container");
        Ok(id)
    }

    pub async fn until_healthy(&self, services: &[&str], patience: Duration) -> Result<()> {
        let ids = services.iter().map(|service| self.container(service)).collect::<Result<Vec<_>>>()?;
        let healthy = async || {
            ids.iter().all(|id| {
                let asked = docker(&["inspect", "--format", "{{.State.Health.Status}}", id]);
                asked.is_ok_and(|status| status.trim() == "healthy")
            })
        };
        let waited = wait_until("every container is healthy", patience, healthy).await;
        waited.with_context(|| run(self.compose(&["logs", "--tail", "20"])).unwrap_or_default())
    }

    pub fn print_memory(&self) -> Result<()> {
        let format = "{{.Name}} {{.MemUsage}}";
        let ids = run(self.compose(&["ps", "-q"]))?;
        let mut arguments = vec!["stats", "--no-stream", "--format", format];
        arguments.extend(ids.lines());
        for line in docker(&arguments)?.lines().filter(|line| !line.contains("0B / 0B")) {
            println!("compose: idle memory {}", line.replace(&self.project, "").trim_start_matches(['-', '_']));
        }
        Ok(())
    }

    /// What the engine made of the configuration, not only what it says.
    pub fn containers_are_confined(&self) -> Result<()> {
        for service in ["nats", "registry", "notifier", "ingest-facebook"] {
            let inspected: Value = serde_json::from_str(&docker(&["inspect", &self.container(service)?])?)?;
            let host = &inspected[0]["HostConfig"];
            ensure!(host["ReadonlyRootfs"] == true && host["Privileged"] == false, "{service}: {host}");
            ensure!(host["CapDrop"][0] == "ALL" && host["CapAdd"].is_null(), "{service}: {host}");
            ensure!(host["Memory"].as_u64().is_some_and(|most| most > 0), "{service}: {host}");
            ensure!(host["PidsLimit"].as_u64().is_some_and(|most| most > 0), "{service}: {host}");
            ensure!(inspected[0]["Config"]["User"] == "10001:10001", "{service}");
            ensure!(inspected[0]["Config"]["StopTimeout"] == 30 || service == "nats", "{service}: the grace");
        }
        Ok(())
    }

    /// As `kill -9`.
    pub fn kill(&self, service: &str) -> Result<()> {
        docker(&["kill", &self.container(service)?]).map(|_| ())
    }

    pub fn cut_off(&self, service: &str) -> Result<()> {
        docker(&["network", "disconnect", &self.network("broker"), &self.container(service)?]).map(|_| ())
    }

    pub fn join_again(&self, service: &str) -> Result<()> {
        let network = self.network("broker");
        docker(&["network", "connect", "--alias", service, &network, &self.container(service)?]).map(|_| ())
    }

    fn network(&self, name: &str) -> String {
        format!("{}_{name}", self.project)
    }

    pub fn stop(&self) -> Result<()> {
        run(self.compose(&["stop"])).map(|_| ())
    }

    /// With 0, and not killed after the grace.
    pub fn everybody_ended_well(&self, services: &[&str]) -> Result<()> {
        for service in services {
            let code = docker(&["inspect", "--format", "{{.State.ExitCode}}", &self.container(service)?])?;
            ensure!(code.trim() == "0", "{service} ended with {}", code.trim());
        }
        Ok(())
    }

    /// `segnalalo doctor` in its container: what isn't well, and all that it printed.
    pub fn doctor(&self) -> Result<(Vec<String>, String)> {
        let (code, said) = outcome(self.compose(&["run", "--rm", "-T", "doctor", "--json"]))?;
        let line = said.lines().find(|line| line.starts_with('{')).with_context(|| said.clone())?;
        let told: Value = serde_json::from_str(line)?;
        let findings = told["findings"].as_array().context("no findings")?;
        let named = |finding: &&Value| finding["verdict"] != "ok";
        let bad = findings.iter().filter(named).map(|finding| {
            format!(
                "{}.{}",
                finding["check"].as_str().unwrap_or_default(),
                finding["code"].as_str().unwrap_or_default()
            )
        });
        let bad = bad.collect::<Vec<_>>();
        let expected = i32::from(!bad.is_empty()) + i32::from(told["verdict"] == "error");
        ensure!(code == expected, "it ended with {code}: {said}");
        Ok((bad, said))
    }

    /// What sla-clock wrote when it stopped, in a volume of its own.
    pub fn the_clock_has_its_snapshot(&self) -> Result<()> {
        let copied = self.folder.join("sla-clock");
        docker(&[
            "cp",
            &format!("{}:/var/lib/segnalalo/sla-clock", self.container("sla-clock")?),
            &copied.to_string_lossy(),
        ])?;
        ensure!(fs::read_dir(&copied)?.next().is_some(), "sla-clock left no snapshot");
        Ok(())
    }

    /// An update as docs/operations.md tells it: another image under the same name, containers removed and made anew.
    pub fn replace_image(&self) -> Result<()> {
        let place = self.folder.join("update");
        fs::create_dir_all(&place)?;
        fs::write(place.join("Dockerfile"), format!("FROM {}\nLABEL updated=yes\n", self.image()))?;
        let before = docker(&["image", "inspect", "--format", "{{.Id}}", &self.image()])?;
        docker(&["build", "--quiet", "--tag", &self.image(), &place.to_string_lossy()])?;
        let after = docker(&["image", "inspect", "--format", "{{.Id}}", &self.image()])?;
        ensure!(before != after, "the image is the same");
        run(self.compose(&["rm", "-sf"])).map(|_| ())
    }

    pub fn fixtures(&self) -> String {
        root().join("tests/fixtures").to_string_lossy().into_owned()
    }

    /// An operator's tool on this machine, from outside the containers: its code, and what it printed.
    pub fn tool(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let keys = self.keys()?;
        let mut command = self.tool_command(arguments)?;
        command.env("SEGNALALO_SETTINGS", keys.join("operator"));
        for (role, name) in [
            ("ingest-facebook", "FACEBOOK_APP_SECRET"),
            ("ingest-facebook", "FACEBOOK_PAGE_ID"),
            ("ingest-whatsapp", "WHATSAPP_APP_SECRET"),
            ("ingest-whatsapp", "WHATSAPP_PHONE_NUMBER_ID"),
        ] {
            command.env(name, fs::read_to_string(keys.join(role).join(name))?.trim());
        }
        outcome(command)
    }

    fn tool_command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary::segnalalo()?);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command
            .env("SEGNALALO_CITY", root().join("deploy/biella"))
            .env("SEGNALALO_OPERATOR", "anna")
            .env("SEGNALALO_DEMO_CLOCK", "off")
            .env("SEGNALALO_REGISTRY_URL", format!("http://{}", self.variables["REGISTRY_PUBLISH"]))
            .env("INGEST_FACEBOOK_LISTEN", &self.variables["INGEST_FACEBOOK_PUBLISH"])
            .env("INGEST_WHATSAPP_LISTEN", &self.variables["INGEST_WHATSAPP_PUBLISH"]);
        Ok(command)
    }

    /// What `prepare` wrote, copied out of its container.
    fn keys(&self) -> Result<std::path::PathBuf> {
        let copied = self.folder.join("keys");
        if !copied.exists() {
            let ids = docker(&["ps", "-aq", "--filter", &format!("name={}_prepare_1", self.project)])?;
            let found = ids.lines().next().map(str::to_owned);
            let id = match found {
                Some(id) => id,
                None => run(self.compose(&["ps", "-aq", "prepare"]))?.trim().to_owned(),
            };
            docker(&["cp", &format!("{id}:/keys"), &copied.to_string_lossy()])?;
        }
        Ok(copied)
    }

    /// The status of a signed webhook of an empty kind: it needs the broker only when there is something in it.
    pub async fn webhook(&self) -> Result<u16> {
        let secret = fs::read_to_string(self.keys()?.join("ingest-whatsapp/WHATSAPP_APP_SECRET"))?;
        let file = root().join("tests/fixtures/whatsapp");
        let body = fs::read_dir(&file)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .min()
            .with_context(|| format!("nothing in {}", file.display()))?;
        let url = format!("http://{}/webhook", self.variables["INGEST_WHATSAPP_PUBLISH"]);
        let http = segnalalo_tests::harness::Http::default();
        let answer = http.post_signed(&url, secret.trim(), &fs::read(body)?).await;
        match answer {
            Ok(answer) => Ok(answer.status),
            Err(error) => bail!("{url}: {error}"),
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.up {
            let _ = run(self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "5"]));
        }
        for image in self.images.iter().rev() {
            let _ = docker(&["image", "rm", "--force", image]);
        }
    }
}

fn outcome(mut command: Command) -> Result<(i32, String)> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let all = if output.status.success() { said } else { format!("{said}{errors}") };
    Ok((output.status.code().unwrap_or(-1), all))
}

fn strip(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("strip");
    command.arg("-o").arg(to).arg(from);
    command
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to)?;
    Ok(())
}
