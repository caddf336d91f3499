#include "control/operation_record.hpp"

#include <algorithm>
#include <array>

#include "lifecycle/json_text.hpp"
#include "telemetry/log.hpp"

namespace socle::control {
namespace {

constexpr size_t most_words = 512;

template <size_t N>
bool among(const std::array<std::string_view, N>& known, const std::string& word) {
  return std::find(known.begin(), known.end(), word) != known.end();
}

std::string word(const std::vector<std::string>& words, size_t i) {
  return i < words.size() && !words[i].starts_with("--") ? words[i] : std::string();
}

std::string joined(const std::vector<std::string>& words, size_t most) {
  std::string out;
  for (size_t i = 0; i < words.size() && i < most; ++i) out.append(i > 0 ? " " : "").append(words[i]);
  if (out.size() > most_words) out.resize(most_words);
  return out;
}

// At most as long as the words, without half of a character at its end.
std::string_view short_of(std::string_view text) {
  size_t end = std::min(text.size(), most_words);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// What a path's last part is, so that `plugin load /srv/hello/` is about plugins/hello.
std::string name_of(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::optional<Operation> operation_of(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 5> plugin{"load", "unload", "swap", "rollback", "move"};
  constexpr std::array<std::string_view, 6> tenant{"create", "set", "suspend", "resume", "delete", "token"};
  constexpr std::array<std::string_view, 2> storage{"backup", "restore"};
  const std::string& area = words.front();
  const std::string verb = word(words, 1);
  if (area == "plugin" && among(plugin, verb))
    return Operation{"plugin." + verb, "plugins/" + name_of(word(words, 2)), {}, joined(words, words.size())};
  if (area == "tenant" && among(tenant, verb)) {
    const std::string id = word(words, 2);
    // What is erased with the tenant tells nobody that it was.
    return Operation{"tenant." + verb, "tenants/" + id, verb == "delete" ? std::string() : id,
                     joined(words, words.size())};
  }
  if (area == "apply") return Operation{"system.apply", "system", {}, joined(words, words.size())};
  if (area == "storage" && among(storage, verb))
    return Operation{"storage." + verb, "storage", {}, joined(words, words.size())};
  if (area == "call") {
    const auto flag = std::find(words.begin(), words.end(), "--tenant");
    const std::string whose = flag != words.end() && flag + 1 != words.end() ? *(flag + 1) : std::string();
    return Operation{"operator.call", verb, whose, joined(words, 2)};
  }
  return std::nullopt;
}

void record_operation(lifecycle::Lifecycle& lifecycle, const Operation& operation, std::string_view status,
                      const std::string& outcome) {
  lifecycle::JsonText body;
  body.begin_object().string("operation", operation.name).string("target", operation.target);
  body.string("tenant", operation.tenant).string("principal", "operator").string("status", status);
  body.begin_object("detail").string("words", operation.words);
  if (!outcome.empty()) body.string("outcome", short_of(outcome));
  body.end_object().end_object();
  const std::string text = body.take();
  for (const std::string& service : lifecycle.services_with("record")) {
    if (auto recorded = lifecycle.call(service, "record", text); !recorded)
      telemetry::Log::get().write(telemetry::Level::error, "an operation is not in the audit trail",
                                  {{"operation", operation.name}, {"why", recorded.error().message}});
  }
}

}  // namespace socle::control
