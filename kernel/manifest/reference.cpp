#include "manifest/reference.hpp"

#include <deque>
#include <set>

#include "manifest/limit.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

std::string anchor_of(const std::string& title) {
  std::string anchor;
  for (const char c : title) anchor += c == ' ' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return anchor;
}

std::string fallback_of(const FieldDoc& field) {
  if (field.required) return "**required**";
  if (field.fallback.empty()) return "—";
  // Meanings are written as prose or with their own backquotes, values as they would be typed.
  const bool prose = field.fallback.find(' ') != std::string::npos || field.fallback.find('`') != std::string::npos ||
                     field.fallback == "none" || field.fallback == "plain" || field.fallback == "strings" ||
                     field.fallback == "—";
  return prose ? field.fallback : "`" + field.fallback + "`";
}

std::string section(const ObjectDoc& object, bool top) {
  std::string text = std::string(top ? "## " : "### ") + object.title + "\n\n" + object.describe + "\n\n";
  text += "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& field : object.fields) {
    const auto* nested = field.type.nested;
    text += "| `" + field.key + "` | ";
    text += nested == nullptr ? field.type.text
                              : "[" + field.type.text + ": " + nested->title + "](#" + anchor_of(nested->title) + ")";
    if (!field.constraint.empty()) text += ", " + field.constraint;
    text += " | " + fallback_of(field) + " | " + field.describe + " |\n";
  }
  return text + "\n";
}

// The object and all it leads to, each once, in the order they are first named.
std::string chapter(const ObjectDoc& root, std::set<const ObjectDoc*>& done) {
  std::string text;
  std::deque<const ObjectDoc*> next{&root};
  while (!next.empty()) {
    const ObjectDoc* object = next.front();
    next.pop_front();
    if (!done.insert(object).second) continue;
    text += section(*object, object == &root);
    for (const auto& field : object->fields) {
      if (field.type.nested != nullptr) next.push_back(field.type.nested);
    }
  }
  return text;
}

std::string plan() {
  std::string text =
      "### Plan\n\nLimits by name. The kernel applies these; plugins read others, such as `sessions.ttl`, by name. "
      "Durations count as\n"
      "seconds, sizes as bytes. What is not named is unlimited; `weight` is then 1. A number that a limit cannot have "
      "is refused.\n\n"
      "| limit | may be | counts | meaning |\n|---|---|---|---|\n";
  for (const KernelLimit& limit : kernel_limits()) {
    text +=
        "| `" + std::string(limit.name) + "` | " + limit.wanted + " | " + limit.unit + " | " + limit.describe + " |\n";
  }
  return text + "\n";
}

std::string permissions() {
  std::string text = "## Permissions\n\n| permission | allows |\n|---|---|\n";
  for (const auto& form : permission_forms()) {
    text += "| `" + std::string(form.name) + (form.argument.empty() ? "" : ":" + std::string(form.argument)) + "` | " +
            std::string(form.describe) + " |\n";
  }
  return text + "\n";
}

template <class T>
std::string type_row() {
  return "| " + std::string(Text<T>::name) + " | " + Text<T>::wanted() + " |\n";
}

std::string types() {
  return "## Types\n\n| type | is |\n|---|---|\n" + type_row<std::string>() + type_row<bool>() +
         type_row<std::int64_t>() + type_row<double>() + type_row<Duration>() + type_row<DurationRange>() +
         type_row<ByteSize>() + type_row<Rate>() + type_row<Percentage>() + type_row<Version>() +
         type_row<VersionRange>() + type_row<AbiVersion>() + type_row<ServiceId>() + type_row<MethodRef>() +
         type_row<CallPattern>() + type_row<Address>() + type_row<PublicKey>() +
         "| path | a path relative to the manifest's folder, or an absolute one |\n\n"
         "Units of time: `ns`, `us`, `ms`, `s`, `min`, `h`. Units of size: `B`, `KiB`, `MiB`, `GiB`, `TiB`.\n";
}

}  // namespace

std::string reference_page() {
  std::set<const ObjectDoc*> done;
  std::string text =
      "# Manifest reference\n\n"
      "Written by `socle_manifest_reference` from the tables that check manifests; do not edit by hand.\n\n"
      "A manifest is one YAML document in UTF-8: a map, at most 1 MiB, ended by a line end. Anchors, aliases, merge "
      "keys and\n"
      "tags are refused, so are unknown and duplicate keys. Every mistake is reported as `file:line:column: …`, all at "
      "once.\n"
      "A limit that is not named is unlimited, or has the default given here.\n\n";
  text += chapter(object_of<PluginManifest>(), done);
  text += chapter(object_of<SystemManifest>(), done);
  return text + plan() + permissions() + types();
}

}  // namespace socle::manifest
