#include "cli/execute.hpp"

#include <algorithm>

#include "cli/audit.hpp"
#include "cli/help.hpp"
#include "cli/model.hpp"
#include "cli/scaffold.hpp"
#include "cli/token.hpp"
#include "cli/verify.hpp"
#include "cli/views.hpp"
#include "cli/width.hpp"
#include "control/error_json.hpp"
#include "lifecycle/json_text.hpp"
#include "manifest/system_manifest.hpp"
#include "socle/abi.h"
#include "socle/json/document.hpp"

namespace socle::cli {
namespace {

using control::Answer;

Outcome version(bool json) {
  const std::string abi = std::to_string(SOCLE_ABI_MAJOR) + "." + std::to_string(SOCLE_ABI_MINOR);
  if (!json) return {0, "socle " SOCLE_VERSION " (ABI " + abi + ")\n", {}};
  lifecycle::JsonText text;
  return {0, text.begin_object().string("version", SOCLE_VERSION).string("abi", abi).end_object().take() + "\n", {}};
}

// The kernel joins a library's findings by " | "; a person reads one a line.
std::string one_finding_a_line(std::string text) {
  if (!text.starts_with("verify plugin '")) return text;
  if (const size_t colon = text.find(": [", text.find(" finding")); colon != std::string::npos)
    text.replace(colon, 2, ":\n  ");
  for (size_t at = 0; (at = text.find(" | [", at)) != std::string::npos;) text.replace(at, 3, "\n  ");
  return text;
}

std::string error_line(const std::string& message) {
  return "socle: " + printable(one_finding_a_line(message), true) + "\n";
}

std::string view_verified(json::View root) {
  std::string out = "✓ " + printable(root.find("text").as_string()) + "\n";
  if (root.find("descriptor").as_string() == "unread")
    out +=
        "  its entry does more than return a constant: loading it will tell whether its methods are the manifest's\n";
  return out;
}

std::string table_of(const Invocation& invocation, json::View root, bool colour) {
  const std::string_view words = invocation.command->words;
  if (words == "status") return view_status(root, colour);
  if (words == "doctor") return view_doctor(root, colour);
  if (words == "top") return view_top(root, nullptr, sample_of(root, {}), colour);
  if (words == "plugin list") return view_plugins(root, colour);
  if (words == "plugin show") return view_plugin(root, colour);
  if (words == "plugin verify") return view_verified(root);
  if (words == "plan" || words == "apply") return view_changes(root, words == "plan", colour);
  if (words == "explain call") return view_explained_call(root, colour);
  if (words == "explain plugin") return view_explained_plugin(root, colour);
  if (words == "explain access") return view_explained_access(root, colour);
  if (words.starts_with("plugin ")) return view_report(root, colour);
  if (words == "tenant list") return view_tenants(root, colour);
  if (words == "tenant show" || words == "tenant set" || words == "tenant suspend" || words == "tenant resume")
    return view_tenant(root, colour);
  if (words == "tenant token") return printable(root.find("token").as_string()) + "\n";
  return view_facts(root, colour);
}

// What a table cannot say: why an answer without an error is still not what was asked for.
std::string regret(const Invocation& invocation, json::View root) {
  const std::string_view words = invocation.command->words;
  if (words == "plugin swap")
    return "the canary of plugin '" + std::string(root.find("plugin").as_string()) +
           "' was sent back: " + std::string(root.find("outcome").as_string()) +
           "; the old generation goes on; `socle plugin show` tells its counts, swap again when the cause is gone";
  if (words == "storage verify")
    return "the backup does not verify: " + std::to_string(root.find("problems").size()) +
           " problems found, none wanted; keep it for analysis, and make or use another one";
  return {};
}

Outcome render(const Invocation& invocation, Answer answer, const World& world) {
  const auto document = json::Document::parse(answer.json);
  if (!document)
    return complaint(1,
                     {Code::internal, "the kernel's answer is no JSON (" + document.error().message +
                                          "); use the `socle` that belongs to the running kernel"},
                     invocation.has("--json"));
  const json::View root = document->root();
  // A verification that found damage was carried out, and yet says no.
  if (invocation.command->words == "storage verify" && answer.exit_code == 0 && root.find("ok").exists() &&
      !root.find("ok").as_bool())
    answer.exit_code = 1;
  Outcome outcome{answer.exit_code, {}, {}};
  if (const json::View error = root.find("error"); error.is_object()) {
    outcome.err = error_line(std::string(error.find("message").as_string()));
    if (outcome.exit_code == 0) outcome.exit_code = 1;
  } else {
    if (outcome.exit_code != 0) {
      if (const std::string why = regret(invocation, root); !why.empty()) outcome.err = error_line(why);
    }
    if (!invocation.has("--json")) outcome.out = table_of(invocation, root, world.colour);
  }
  if (invocation.has("--json")) outcome.out = answer.json + "\n";
  return outcome;
}

Outcome plan_without_kernel(const Invocation& invocation, const Error& unreachable) {
  const auto system = manifest::load_system_manifest(invocation.arguments[0]);
  if (!system) return complaint(1, system.error(), invocation.has("--json"));
  return complaint(
      1,
      {Code::unavailable, invocation.arguments[0] + " is a valid system manifest (" +
                              std::to_string(system->plugins.size()) + " plugins), but " + unreachable.message},
      invocation.has("--json"));
}

Outcome new_plugin(const Invocation& invocation, const World& world) {
  const bool json = invocation.has("--json");
  const std::string& name = invocation.arguments[0];
  const auto scaffold = find_scaffold(world.executable);
  if (!scaffold) return complaint(1, scaffold.error(), json);
  const auto made = make_plugin(*scaffold, name, invocation.get("--dir").value_or((world.here / name).string()));
  if (!made) return complaint(made.error().code == Code::invalid ? 2 : 1, made.error(), json);
  if (json) {
    lifecycle::JsonText text;
    text.begin_object().string("plugin", name).string("dir", made->folder.string()).begin_array("files");
    for (const std::string& file : made->files) text.string({}, file);
    return {0, text.end_array().end_object().take() + "\n", {}};
  }
  // Shown as typed from here when the folder lies below.
  const auto near = made->folder.lexically_relative(world.here);
  const std::string dir = near.empty() || near.string().starts_with("..") ? made->folder.string() : near.string();
  const auto prefix = scaffold->parent_path().parent_path().parent_path();
  const bool installed = *scaffold == prefix / "share" / "socle" / "scaffold";
  std::string out = printable(dir) + ": plugin '" + name + "'";
  for (const std::string& file : made->files) out += (&file == &made->files.front() ? ": " : ", ") + file;
  out += "\nnext:\n  cmake -S " + dir + " -B " + dir +
         "/build -DCMAKE_PREFIX_PATH=" + (installed ? prefix.string() : "PREFIX") + " && cmake --build " + dir +
         "/build\n  ctest --test-dir " + dir + "/build\n  socle plugin load " + dir + "/build/plugins/" + name +
         " --home kernel\n";
  if (!installed) out += "PREFIX is where the SDK was put by `cmake --install BUILD --prefix PREFIX`.\n";
  return {0, out, {}};
}

}  // namespace

std::filesystem::path socket_of(const Invocation& invocation, const World& world) {
  if (const auto given = invocation.get("--control")) return *given;
  if (world.environment_control && !world.environment_control->empty()) return *world.environment_control;
  return "data/control.sock";
}

Outcome complaint(int exit_code, const Error& error, bool json) {
  return {exit_code, json ? control::error_json(error) + "\n" : "", error_line(error.message)};
}

Outcome execute(const Invocation& invocation, const World& world) {
  const bool json = invocation.has("--json");
  if (invocation.version) return version(json);
  if (invocation.command == nullptr)
    return {0, invocation.group.empty() ? help_of_all() : help_of_group(invocation.group), {}};
  if (invocation.help) return {0, help_of(*invocation.command), {}};
  const std::string_view words = invocation.command->words;
  if (words == "plugin new") return new_plugin(invocation, world);
  if (words == "audit verify") return verify_audit(invocation, world);
  if (words == "audit tail") return tail_audit(invocation, world);
  if (words == "token inspect") return inspect_token(invocation, world);
  if (words.starts_with("model ")) return execute_model(invocation, world);
  if (const auto system = invocation.get("--system"))
    return render(invocation, verify_here(invocation.arguments[0], *system), world);
  auto answer = world.ask(socket_of(invocation, world), words_for_kernel(invocation));
  if (answer && words == "plugin verify") answer = with_descriptor(std::move(*answer), invocation.arguments[0]);
  if (answer) return render(invocation, std::move(*answer), world);
  if (words == "plugin verify") return render(invocation, verify_here(invocation.arguments[0], std::nullopt), world);
  if (words == "plan") return plan_without_kernel(invocation, answer.error());
  return complaint(1, answer.error(), json);
}

}  // namespace socle::cli
