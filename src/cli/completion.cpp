#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "cli/command.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

// What stands between single quotes in a shell: an apostrophe ends them, is written on its own and begins them again.
std::string single_quoted(std::string_view text) {
  std::string quoted;
  for (const char character : text) {
    if (character == '\'') {
      quoted += "'\\''";
    } else {
      quoted += character;
    }
  }
  return quoted;
}

struct Described {
  std::string name;
  std::string summary;
  std::string flags;  // space separated, with the dashes
};

// Reads the flags from the declarations themselves, so the completion can never lag behind.
std::vector<Described> describe_commands() {
  std::vector<Described> all;
  for (const CommandRow& row : command_table()) {
    CLI::App app(row.summary, row.name);
    const std::unique_ptr<Command> command = row.make();
    command->declare(app);
    Described described{row.name, row.summary, "--help"};
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& flag : option->get_lnames()) {
        if (flag != "help") described.flags += " --" + flag;
      }
    }
    all.push_back(described);
    if (*row.seed_name != '\0') all.push_back({row.seed_name, row.summary, described.flags});
  }
  return all;
}

std::string bash_script() {
  std::string cases;
  std::string names;
  for (const Described& command : describe_commands()) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command.name, command.flags);
  }
  return fmt::format(R"(# bash completion of animalctl
_animalctl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in -*) ;; *) command="${{COMP_WORDS[i]}}"; break ;; esac
  done
  case "$command" in
    "") words="{} --help --version --config --print-config --log-level --log-format" ;;
{}  esac
  if [[ "$current" == -* || -z "$command" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}}
complete -F _animalctl animalctl)",
                     names, cases);
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Described& command : describe_commands()) {
    names += fmt::format("    '{}:{}'\n", command.name, single_quoted(command.summary));
    cases += fmt::format("    {}) words=({}) ;;\n", command.name, command.flags);
  }
  return fmt::format(R"(#compdef animalctl
# zsh completion of animalctl
_animalctl() {{
  local -a commands words
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "${{words[2]:-${{(Q)${{(z)BUFFER}}[2]}}}}" in
{}  esac
  if [[ "$PREFIX" == -* ]]; then
    compadd -- $words
  else
    _files
  fi
}}
_animalctl "$@")",
                     names, cases);
}

class Completion final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("SHELL", shell_, "bash or zsh")->required()->check(one_of({"bash", "zsh"}));
    app.footer("Try it: source <(animalctl completion bash)");
  }

  int run(Context& context) override {
    context.print(shell_ == "bash" ? bash_script() : zsh_script());
    return 0;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion() {
  return std::make_unique<Completion>();
}

}  // namespace animalctl::cli
