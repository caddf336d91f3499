// doctor.cpp: `socle doctor`: everything that can be looked at, each with what was found and what to do.
#include <sys/resource.h>

#include <chrono>

#include "control/checks.hpp"
#include "control/commands.hpp"

namespace socle::control {

using lifecycle::JsonText;

Answer Commands::doctor() {
  JsonText json;
  bool healthy = true;
  json.begin_object().begin_array("checks");
  const auto tell = [&](const Check& check) {
    healthy = healthy && check.verdict != Check::Verdict::failing;
    json.begin_object()
        .string("check", check.name)
        .boolean("ok", check.verdict != Check::Verdict::failing)
        .boolean("warning", check.verdict == Check::Verdict::warning)
        .string("found", check.found)
        .string("advice", check.advice)
        .end_object();
  };
  const auto check = [&](std::string name, bool ok, const std::string& found, std::string_view advice) {
    tell({std::move(name), ok ? Check::Verdict::fine : Check::Verdict::failing, found,
          ok ? std::string() : std::string(advice)});
  };
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  check("open files", files.rlim_cur >= 4096, std::to_string(files.rlim_cur) + " allowed",
        "raise the limit (ulimit -n 65536, or LimitNOFILE= of the service)");
  const auto system = lifecycle_.system();
  tell(check_disk(system.data));
  std::string stuck;
  for (uint32_t i = 0; i < lifecycle_.bus().worker_count(); ++i) {
    if (!lifecycle_.worker_answers(i)) stuck += " worker " + std::to_string(i);
  }
  std::string holders;
  for (const bus::Stall& s : lifecycle_.bus().monitor().stalls())
    holders += " worker " + std::to_string(s.worker) + ": plugin '" + s.plugin + "', " + s.method + ", for tenant '" +
               s.tenant + "', " + std::to_string(s.milliseconds) + " ms;";
  check("stalls", holders.empty(),
        holders.empty() ? std::to_string(lifecycle_.bus().monitor().stalls_seen()) + " since the start, none now"
                        : "stuck now:" + holders,
        "long work must pause (Host::in_slices) or go to Host::offload");
  check("workers", stuck.empty(), stuck.empty() ? "all turn" : "no turn within 1 s:" + stuck,
        "`socle top` names the plugin that holds it");
  const std::string stuck_deletion = tenants_.stuck();
  check("tenants", stuck_deletion.empty(),
        stuck_deletion.empty() ? std::to_string(tenants_.count()) + " known"
                               : "a deletion does not end: " + stuck_deletion,
        "`socle tenant delete ID` tries at once and says why it does not end");
  const auto confinement = processes_.confinement();
  std::string missing;
  for (const std::string& problem : confinement.missing) missing += (missing.empty() ? "" : "; ") + problem;
  check("cells", confinement.sound, missing.empty() ? "confined fully" : "confined, except: " + missing,
        "plugins you do not trust need a system that offers what is missing");
  const std::string cells = lifecycle_.cells_in_trouble();
  check("cell processes", cells.empty(), cells.empty() ? "none is down" : cells,
        "`socle plugin show NAME` lists its cells and its last crash; `limits.cells` of its entry is how many it may "
        "have");
  const std::string drift = lifecycle_.drift();
  check("drift", drift.empty(), drift.empty() ? "the system runs as its manifest says" : drift,
        "`socle plan SYSTEM.yaml` shows the difference, `socle apply` ends it");
  tell(check_durability(lifecycle_.configs()));
  tell(check_trust(system));
  tell(check_listeners(system));
  tell(check_certificates(system, std::chrono::system_clock::now()));
  json.end_array().boolean("ok", healthy).end_object();
  return {healthy ? 0 : 1, json.take()};
}

}  // namespace socle::control
