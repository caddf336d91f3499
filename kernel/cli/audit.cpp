#include "cli/audit.hpp"

#include <algorithm>

#include "cli/table.hpp"
#include "cli/width.hpp"
#include "manifest/text.hpp"
#include "socle/audit/find.hpp"
#include "socle/audit/head.hpp"
#include "socle/audit/time.hpp"
#include "socle/audit/verify.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::cli {
namespace {

constexpr size_t usual_entries = 20;
constexpr size_t most_entries = 10'000;

// As given; else beside the running kernel's data; else where a kernel started here keeps it.
std::string directory_of(const Invocation& invocation, const World& world) {
  if (!invocation.arguments.empty()) return (world.here / invocation.arguments[0]).string();
  if (const auto answer = world.ask(socket_of(invocation, world), {"status"})) {
    const auto document = json::Document::parse(answer->json);
    const auto data = document ? document->root().find("data").as_string() : std::string_view();
    if (!data.empty()) return std::string(data) + "/audit";
  }
  return (world.here / "data" / "audit").string();
}

std::string report_json(const audit::Report& report) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("ok", !report.finding).member("first", report.first).member("last", report.last);
  out.member("segments", report.segments).member("bytes", report.bytes).member("erased", report.erased);
  out.member("after_head", report.unsigned_entries).member("unfinished_bytes", report.unfinished_bytes);
  out.member("key", audit::to_hex(audit::bytes_of(report.key)))
      .member("chain", audit::to_hex(audit::bytes_of(report.chain)));
  out.member("signed_at", report.signed_at);
  if (const auto& bad = report.finding) {
    out.key("finding").begin_object().member("file", bad->file).member("offset", bad->offset);
    out.member("sequence", bad->sequence).member("what", bad->what);
    out.member("expected", bad->expected).member("found", bad->found).end_object();
  }
  out.end_object();
  return text + "\n";
}

std::string report_text(const audit::Report& report) {
  if (report.last == 0) return "✓ the trail is empty, and its key and its head are good\n";
  std::string out = "✓ entries " + std::to_string(report.first) + " to " + std::to_string(report.last) + " in " +
                    std::to_string(report.segments) + " segments are what was written\n";
  out += "  signed " + report.signed_at + " by key " + audit::to_hex(audit::bytes_of(report.key)) + "\n";
  if (report.erased > 0)
    out += "  " + std::to_string(report.erased) + " entries were blanked with the tenants they were of\n";
  if (report.unsigned_entries > 0)
    out += "  " + std::to_string(report.unsigned_entries) + " entries are newer than the signed head\n";
  if (report.unfinished_bytes > 0)
    out += "  " + std::to_string(report.unfinished_bytes) +
           " bytes at the end are unfinished; their events are still in storage\n";
  return out;
}

std::string why(const audit::Finding& bad, const std::string& directory) {
  std::string out = directory + "/" + bad.file + ", offset " + std::to_string(bad.offset);
  if (bad.sequence != 0) out += ", entry " + std::to_string(bad.sequence);
  return out + ": " + bad.what + "; expected " + bad.expected + ", found " + bad.found;
}

std::string text_of(json::View entry, std::string_view name) { return std::string(entry.find(name).as_string()); }

}  // namespace

Outcome verify_audit(const Invocation& invocation, const World& world) {
  const bool json = invocation.has("--json");
  const std::string directory = directory_of(invocation, world);
  std::optional<audit::Digest> key;
  if (const auto file = invocation.get("--key")) {
    auto read = audit::read_public_key((world.here / *file).string());
    if (!read) return complaint(1, std::move(read).error(), json);
    key = *read;
  }
  const audit::Report report = audit::verify_trail(directory, key);
  Outcome outcome{report.finding ? 1 : 0, {}, {}};
  if (json) {
    outcome.out = report_json(report);
  } else if (!report.finding) {
    outcome.out = report_text(report);
  }
  if (report.finding) outcome.err = complaint(1, {Code::data_loss, why(*report.finding, directory)}, false).err;
  return outcome;
}

Outcome tail_audit(const Invocation& invocation, const World& world) {
  const bool json = invocation.has("--json");
  audit::Question question;
  question.tenant = invocation.get("--tenant");
  question.trace = invocation.get("--trace").value_or("");
  question.target = invocation.get("--target").value_or("");
  question.operation = invocation.get("--operation").value_or("");
  question.limit = usual_entries;
  if (const auto limit = invocation.get("--limit")) {
    const auto number = manifest::parse_unsigned(*limit);
    if (!number || *number == 0 || *number > most_entries)
      return complaint(2, {Code::invalid, "--limit wants a number from 1 to 10000, found '" + *limit + "'"}, json);
    question.limit = *number;
  }
  std::vector<audit::Found> entries;
  for (bool more = true; more && entries.size() < question.limit;) {
    auto page = audit::find_entries(directory_of(invocation, world), question);
    if (!page) return complaint(1, std::move(page).error(), json);
    entries.insert(entries.end(), page->entries.begin(), page->entries.end());
    more = page->next != 0;
    question.before = page->next;
  }
  if (entries.size() > question.limit) entries.resize(question.limit);
  std::reverse(entries.begin(), entries.end());
  Outcome outcome{0, {}, {}};
  if (json) outcome.out = "{\"items\":[";
  for (const auto& each : entries) {
    const auto document = json::Document::parse(each.json);
    if (!document) continue;
    const json::View entry = document->root();
    if (json) {
      if (outcome.out.back() != '[') outcome.out += ",";
      outcome.out += "{\"sequence\":" + std::to_string(each.sequence) + ",\"time\":\"" + audit::utc_text(each.time_ns) +
                     "\",\"entry\":" + json::to_text(entry) + "}";
      continue;
    }
    const std::string tenant = text_of(entry, "tenant");
    outcome.out += audit::utc_text(each.time_ns) + "  " + std::to_string(each.sequence) + "  " +
                   printable(tenant.empty() ? "-" : tenant) + "  " + printable(text_of(entry, "principal")) + "  " +
                   printable(text_of(entry, "operation")) + "  " + printable(text_of(entry, "target")) + "  " +
                   printable(text_of(entry, "status")) + "\n";
  }
  if (json) outcome.out += "]}\n";
  return outcome;
}

}  // namespace socle::cli
