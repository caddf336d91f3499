// output.cpp: the standard's output formats (JSON Schema 2020-12 core, section 12.4) from a report.
#include <algorithm>
#include <map>

#include "socle/json/writer.hpp"
#include "socle/schema/report.hpp"

namespace socle::schema {

namespace {

using Faults = std::vector<const Fault*>;

void unit(json::Writer& out, const Fault& fault) {
  out.member("valid", false).member("keywordLocation", fault.keyword_location);
  if (!fault.absolute_location.empty()) out.member("absoluteKeywordLocation", fault.absolute_location);
  out.member("instanceLocation", fault.instance).member("error", fault.message).member("code", fault.code);
}

// The longest run of whole tokens that all pointers begin with.
std::string common_prefix(const Faults& faults, std::string Fault::*pointer) {
  std::string prefix = faults[0]->*pointer;
  for (const Fault* fault : faults) {
    const std::string& other = fault->*pointer;
    std::size_t same = 0;
    while (same < prefix.size() && same < other.size() && prefix[same] == other[same]) ++same;
    const bool whole = (same == prefix.size() || prefix[same] == '/') && (same == other.size() || other[same] == '/');
    if (!whole) {
      const auto slash = same == 0 ? std::string::npos : prefix.rfind('/', same - 1);
      same = slash == std::string::npos ? 0 : slash;
    }
    prefix.resize(same);
  }
  return prefix;
}

void nested(json::Writer& out, const Faults& faults, int depth) {
  out.begin_object();
  if (faults.size() == 1 || depth > 100) {
    unit(out, *faults[0]);
    out.end_object();
    return;
  }
  const std::string prefix = common_prefix(faults, &Fault::keyword_location);
  const auto own =
      std::find_if(faults.begin(), faults.end(), [&](const Fault* fault) { return fault->keyword_location == prefix; });
  if (own != faults.end()) {
    unit(out, **own);
  } else {
    out.member("valid", false).member("keywordLocation", prefix);
    out.member("instanceLocation", common_prefix(faults, &Fault::instance));
  }
  // Children by their next token, in the order they were found.
  std::vector<std::pair<std::string, Faults>> groups;
  for (const Fault* fault : faults) {
    if (own != faults.end() && fault == *own) continue;
    const std::string& way = fault->keyword_location;
    const auto end = way.size() <= prefix.size() ? way.size() : way.find('/', prefix.size() + 1);
    std::string token = way.substr(0, end);
    // The same keyword on several elements (items) makes as many children.
    if (token == way || end == std::string::npos) token += '\n' + fault->instance;
    const auto known =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == token; });
    if (known != groups.end())
      known->second.push_back(fault);
    else
      groups.emplace_back(std::move(token), Faults{fault});
  }
  out.key("errors").begin_array();
  for (const auto& group : groups) {
    if (group.second.size() == faults.size()) {  // nothing tells them apart further
      for (const Fault* fault : group.second) nested(out, {fault}, depth + 1);
    } else {
      nested(out, group.second, depth + 1);
    }
  }
  out.end_array().end_object();
}

}  // namespace

std::string to_output(const Report& report, OutputFormat format) {
  std::string text;
  json::Writer out(text);
  if (format == OutputFormat::detailed && !report.faults.empty()) {
    Faults faults;
    for (const Fault& fault : report.faults) faults.push_back(&fault);
    nested(out, faults, 0);
  } else {
    out.begin_object().member("valid", report.valid());
    if (format != OutputFormat::flag && !report.valid()) {
      out.key("errors").begin_array();
      for (const Fault& fault : report.faults) {
        out.begin_object();
        unit(out, fault);
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
  }
  if (!out.finish()) return R"({"valid":false})";
  return text;
}

}  // namespace socle::schema
