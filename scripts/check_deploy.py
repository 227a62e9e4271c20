#!/usr/bin/env python3
"""check_deploy.py [ROOT]: one line for each broken rule of docker/ and deploy/systemd, exit 1 if any.

The rules are those of hadolint and of Docker's guide that matter here; they need no container engine.
"""
import configparser
import json
import pathlib
import re
import sys

import yaml

PORTS = {"labeller": ["3000", "3001"], "model": ["8000", "8080", "8081", "8082"], "orchestrator": []}
HARDENING = ["NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "CapabilityBoundingSet", "SystemCallFilter",
             "RestrictAddressFamilies", "RestrictNamespaces", "UMask"]


class Problems(list):
    def check(self, holds, place, rule):
        if not holds:
            self.append(f"{place}: {rule}")


def dockerfile_instructions(text):
    """(line, INSTRUCTION, rest) with continued lines joined and comments left out."""
    found, begun, first = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not begun and not line.strip()):
            continue
        first = first if begun else number
        begun += line.rstrip().removesuffix("\\") + " "
        if line.rstrip().endswith("\\"):
            continue
        word, _, rest = begun.strip().partition(" ")
        found.append((first, word.upper(), rest.strip()))
        begun = ""
    return found


def is_exec_form(text):
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def check_dockerfile(path, problems):
    instructions = dockerfile_instructions(path.read_text(encoding="utf-8"))
    stages, last = [], {}
    problems.check(instructions and instructions[0][1] in ("ARG", "FROM"), path, "begins with FROM")
    for line, word, rest in instructions:
        place = f"{path}:{line}"
        last[word] = rest
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            problems.check(":" in image and not image.endswith(":latest"), place, "an image is named with its version")
            stages.append(name.strip())
        elif word == "ADD":
            problems.append(f"{place}: COPY copies files; ADD does more than one sees")
        elif word == "COPY" and rest.startswith("--from="):
            source = rest.split()[0].removeprefix("--from=")
            problems.check(source in stages, place, f"there is no stage {source}")
        elif word == "WORKDIR":
            problems.check(rest.startswith("/"), place, "WORKDIR is absolute")
        elif word in ("CMD", "ENTRYPOINT"):
            problems.check(is_exec_form(rest), place, f"{word} is a JSON list: a shell in between keeps signals to itself")
        elif word == "HEALTHCHECK":
            problems.check(is_exec_form(rest.partition("CMD ")[2]), place, "HEALTHCHECK's CMD is a JSON list")
        elif word == "RUN":
            check_run(rest, place, problems)
    problems.check(len(stages) >= 2, path, "what builds stays out of the image: two stages")
    for word in ("HEALTHCHECK", "ENTRYPOINT", "CMD", "USER", "EXPOSE"):
        problems.check(word in last, path, f"has {word}")
    problems.check(last.get("USER", "root") not in ("root", "0"), path, "does not run as root")
    ports = sorted(port for service in PORTS.values() for port in service)
    problems.check(sorted(last.get("EXPOSE", "").split()) == ports, path, f"exposes {' '.join(ports)}")


def check_run(command, place, problems):
    problems.check(not re.search(r"\bsudo\b", command), place, "no sudo")
    problems.check("|" not in command.replace("||", ""), place, "a pipe hides failures without pipefail")
    if "apt-get install" in command:
        problems.check("--no-install-recommends" in command, place, "apt-get install --no-install-recommends")
        problems.check("apt-get update" in command, place, "apt-get update in the same RUN as install")
        problems.check("rm -rf /var/lib/apt/lists/*" in command, place, "the package lists are removed in the same RUN")
        problems.check(" -y" in command, place, "apt-get install -y")


def check_compose(path, problems):
    compose = yaml.safe_load(path.read_text(encoding="utf-8"))
    services = compose.get("services", {})
    problems.check(set(services) == set(PORTS), path, f"has the services {', '.join(PORTS)}")
    for name, service in services.items():
        place = f"{path}: {name}"
        inside = [str(port).rsplit(":", 1)[-1] for port in service.get("ports", [])]
        problems.check(inside == PORTS.get(name), place, f"publishes {' '.join(PORTS.get(name, []))}")
        for port in service.get("ports", []):
            problems.check(str(port).startswith("127.0.0.1:"), place, f"{port} is published to this machine alone")
        problems.check(service.get("cap_drop") == ["ALL"], place, "has no capabilities")
        problems.check("no-new-privileges:true" in service.get("security_opt", []), place, "gains no privileges")
        problems.check(service.get("read_only") is True, place, "writes into its volumes alone")
        problems.check("healthcheck" in service, place, "has a health check, or says that it has none")
        problems.check(isinstance(service.get("command"), list), place, "its command is a list")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            problems.check(source.startswith((".", "/")) or source in compose.get("volumes", {}), place,
                           f"the volume {source} is declared")


def check_unit(path, problems):
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#", ";"))
    parser.optionxform = str
    parser.read_string(path.read_text(encoding="utf-8"))
    if path.suffix != ".service":
        return
    service = parser["Service"]
    for key in HARDENING:
        problems.check(key in service, path, f"sets {key}")
    problems.check(service.get("User", "root") != "root", path, "does not run as root")
    problems.check(service.get("ExecStart", "").startswith("/"), path, "ExecStart is absolute")


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    problems = Problems()
    check_dockerfile(root / "docker/Dockerfile", problems)
    check_compose(root / "docker/compose.yaml", problems)
    for path in sorted((root / "deploy/systemd").iterdir()):
        check_unit(path, problems)
    print("\n".join(problems) if problems else "docker and deploy: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
