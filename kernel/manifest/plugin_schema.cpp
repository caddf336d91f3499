// The table of the plugin manifest but for its services, channels (interface_schema.cpp), routes (route_schema.cpp) and
// config (config_schema.cpp).
#include <set>

#include "manifest/choices.hpp"
#include "manifest/plugin_manifest.hpp"
#include "manifest/schema.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

constexpr std::string_view name_wanted = "a name such as storage-rocksdb (lower-case letters, digits, '-')";

bool is_library(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.find('/') == std::string_view::npos && text != "." && text != "..";
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Each service is provided once, required once, and not both.
void check_services(Reader& reader, const PluginManifest& manifest) {
  std::set<ServiceId> provided;
  for (const auto& entry : manifest.provides) {
    if (provided.insert(entry.service).second) continue;
    reader.problems.add(entry.at,
                        "service '" + to_string(entry.service) + "' is provided twice; put its methods into one entry");
  }
  std::set<ServiceId> required;
  for (const auto& requirement : manifest.requires_) {
    const auto service = to_string(requirement.service);
    if (provided.contains(requirement.service)) {
      reader.problems.add(requirement.at, "the plugin requires '" + service + "', which it provides itself");
    }
    if (!required.insert(requirement.service).second) {
      reader.problems.add(requirement.at, "service '" + service + "' is required twice");
    }
  }
}

void check_resident_handles(const Node& node, Reader& reader, const PluginManifest& manifest) {
  if (manifest.resident_handles.empty()) return;
  const Node* handles = node.find("resident_handles");
  const auto at = handles == nullptr ? node.at : handles->at;
  if (manifest.state != State::exclusive) {
    reader.problems.add(
        at, "resident_handles need 'state: exclusive', found 'state: " + Text<State>::print(manifest.state) + "'");
  }
  if (manifest.home != Home::kernel) {
    reader.problems.add(at, "resident_handles need 'home: kernel', found 'home: cell'");
  }
}

}  // namespace

template <>
const Object<Restart>& object_of<Restart>() {
  static const Object<Restart> object(
      "Restart", "What happens after a crash.",
      {field("backoff", &Restart::backoff,
             "Pause before a restart, none after the first death within the time of `intensity`: then the first, "
             "doubled up to the second."),
       field("intensity", &Restart::intensity,
             "More crashes than this and a cell is left alone for that time, then comes back by itself; calls that "
             "cannot wait so long answer `cell_down`.")});
  return object;
}

template <>
const Object<Health>& object_of<Health>() {
  static const Object<Health> object(
      "Health", "How often the plugin is asked whether it is well.",
      {field("interval", &Health::interval, "Time between two questions.").within(&Health::interval, 100ms, 1h),
       field("timeout", &Health::timeout,
             "No answer after this counts as ill; a cell whose worker does not come round for twice this, at least "
             "100 ms, is killed.")
           .within(&Health::timeout, 1ms, 1min)});
  return object;
}

template <>
const Object<SelfTest>& object_of<SelfTest>() {
  static const auto object =
      Object<SelfTest>(
          "Self-test",
          "The test a new generation must pass before anything is routed to it. `self_test: false` skips it, "
          "`self_test: 2s` sets its time-out.",
          {field("enabled", &SelfTest::enabled, "Whether it is asked."),
           field("timeout", &SelfTest::timeout, "Longest time it may take.").within(&SelfTest::timeout, 1ms, 10min)})
          .short_form([](const Node& node, Reader& reader, SelfTest& value) {
            if (node.kind != Node::Kind::scalar) return false;
            if (const auto enabled = Text<bool>::parse(node.text); enabled && !node.quoted) {
              value.enabled = *enabled;
            } else if (const auto timeout = parse_duration(node.text)) {
              value.timeout = *timeout;
            } else {
              reader.mistyped(node, "true, false or a duration such as 5s");
            }
            return true;
          });
  return object;
}

template <>
const Object<PluginManifest>& object_of<PluginManifest>() {
  using M = PluginManifest;
  static const auto object =
      Object<M>(
          "Plugin manifest",
          "`manifest.yaml` in a plugin's folder. It declares what the plugin is, offers, needs and may be told.",
          {field("plugin", &M::plugin, "Name of the plugin; equal to the name in its descriptor.")
               .required()
               .named(is_name, std::string(name_wanted)),
           field("version", &M::version, "The plugin's own version.").required(),
           field("abi", &M::abi, "The ABI it was built against; its major must be the kernel's.").required(),
           field("library", &M::library,
                 "File name of the shared library, beside the manifest. A signature lies beside it as LIBRARY.sig.")
               .required()
               .named(is_library, "a file name without '/' such as libhello.so"),
           field("sha256", &M::sha256, "SHA-256 of the library; another content is refused.")
               .absent("not checked")
               .named(is_sha256, "64 lower-case hex digits"),
           field("describe", &M::describe, "One sentence for people."),
           field("provides", &M::provides, "Services it offers."),
           field("requires", &M::requires_,
                 "Services it calls. Writing `storage/1` is short for `{service: storage/1}`."),
           field("permissions", &M::permissions,
                 "What it asks for; see Permissions. It gets what the system manifest grants of this."),
           field("routes", &M::routes, "HTTP requests it answers."),
           field("filters", &M::filters, "Its methods that stand around calls of others."),
           field("publishes", &M::publishes, "Channels it sends to."),
           field("subscribes", &M::subscribes, "Channels it listens to."),
           config_field(),
           field("state", &M::state,
                 "What lives in the instance beside durable storage. `none`: nothing; `cache`: exported while serving, "
                 "may be stale; `exclusive`: calls are parked while it is handed over."),
           field("state_version", &M::state_version, "Format of the exported state.")
               .within(&M::state_version, 1, 1'000'000),
           field("state_limit", &M::state_limit, "Largest exported state."),
           field("swap_pause", &M::swap_pause, "Longest time calls are parked by a hand-over of `exclusive` state.")
               .absent("the system's `swap.pause`"),
           field("resident_handles", &M::resident_handles,
                 "Handles that survive swaps; need `state: exclusive` and `home: kernel`.")
               .named(is_dotted_word, "a handle name such as rocksdb"),
           field("home", &M::home,
                 "Where it is meant to run. The system manifest decides; `kernel` here only says that a cell will not "
                 "do."),
           field("affinity", &M::affinity, "`any`: called by all workers at once; `one`: by one worker only."),
           field("restart", &M::restart, "After a crash.").absent("see Restart"),
           field("irreversible", &M::irreversible,
                 "This version writes a format its predecessor cannot read; rollback is refused."),
           field("drain", &M::drain, "How long an old generation may finish its calls.")
               .absent("the system's `swap.drain`"),
           field("start_timeout", &M::start_timeout, "Longest time of create and start.")
               .within(&M::start_timeout, 1ms, 10min),
           field("stop_timeout", &M::stop_timeout, "Longest time of stop.").within(&M::stop_timeout, 1ms, 10min),
           field("health", &M::health, "Health questions.").absent("see Health"),
           field("self_test", &M::self_test, "Test before activation.").absent("see Self-test")})
          .rule([](const Node& node, Reader& reader, M& manifest) {
            check_services(reader, manifest);
            check_routes(reader, manifest);
            check_resident_handles(node, reader, manifest);
          });
  return object;
}

}  // namespace socle::manifest
