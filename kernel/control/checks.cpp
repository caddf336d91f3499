#include "control/checks.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "base/certificate.hpp"
#include "socle/json.hpp"

namespace socle::control {
namespace {

using Verdict = Check::Verdict;

constexpr std::uint64_t least_free = std::uint64_t{256} << 20U;
constexpr std::chrono::hours renew_before{14 * 24};

void list(std::string& out, const std::string& item) { out += (out.empty() ? "" : "; ") + item; }

Check verdict_on(std::string name, Verdict bad, std::string troubles, std::string fine, std::string advice) {
  const bool well = troubles.empty();
  return {std::move(name), well ? Verdict::fine : bad, well ? std::move(fine) : std::move(troubles),
          well ? "" : std::move(advice)};
}

}  // namespace

Check check_disk(const std::filesystem::path& data) {
  struct statvfs disk {};
  if (statvfs(data.c_str(), &disk) != 0) {
    return {"disk", Verdict::failing, data.string() + " cannot be looked at: " + std::strerror(errno),
            "the data directory is gone or may not be read: bring it back, then restart the kernel"};
  }
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  return {"disk", free > least_free ? Verdict::fine : Verdict::failing,
          std::to_string(free >> 20U) + " MiB free in " + data.string(),
          free > least_free ? "" : "free some space: writes stop when it is used up"};
}

Check check_durability(const std::map<std::string, std::string>& configs) {
  std::string troubles;
  for (const auto& [plugin, config] : configs) {
    const auto settings = json::Document::parse(config);
    if (settings && settings->root().find("durability").as_string() == "async")
      list(troubles, "plugin '" + plugin + "' answers a write before it is on disk");
  }
  return verdict_on("durability", Verdict::warning, troubles, "an answered write is on disk",
                    "a power cut loses up to a second of answered writes: set `durability: sync` unless that is meant");
}

Check check_trust(const manifest::SystemManifest& system) {
  return verdict_on("trust", Verdict::warning,
                    system.trust.empty() ? "no key is trusted, so unsigned plugins are loaded" : "",
                    std::to_string(system.trust.size()) + " keys are trusted, what they did not sign is refused",
                    "sign the plugins and name the key under `trust`: then nothing else is loaded");
}

Check check_listeners(const manifest::SystemManifest& system) {
  std::string troubles;
  for (const auto& [name, listener] : system.listeners) {
    if (listener.tenant && listener.principal)
      list(troubles, "who shows no credential at '" + name + "' (" + to_string(listener.address) + ") is user '" +
                         *listener.principal + "' of tenant '" + *listener.tenant + "'");
  }
  return verdict_on("listeners", Verdict::warning, troubles, "none stands for a user",
                    "good for trying out: take `principal` away where others can reach the address");
}

Check check_certificates(const manifest::SystemManifest& system, std::chrono::system_clock::time_point now) {
  std::string expired, soon, fine;
  for (const auto& [name, listener] : system.listeners) {
    if (!listener.tls) continue;
    const auto end = base::end_of_certificates(listener.tls->certificate);
    if (!end) {
      list(expired, "listener '" + name + "': " + end.error().message);
      continue;
    }
    const auto days = std::chrono::floor<std::chrono::days>(*end - now).count();
    const std::string text = "that of listener '" + name + "' ";
    if (*end <= now) {
      list(expired, text + "has expired");
    } else {
      list(*end - now < renew_before ? soon : fine, text + "is good for " + std::to_string(days) + " days");
    }
  }
  const std::string advice = "renew it: new files in the old ones' place are taken within a second";
  if (!expired.empty()) {
    if (!soon.empty()) list(expired, soon);
    return {"certificates", Verdict::failing, expired, advice};
  }
  return verdict_on("certificates", Verdict::warning, soon, fine.empty() ? "none in use" : fine, advice);
}

}  // namespace socle::control
