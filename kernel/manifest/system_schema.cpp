// The tables of the system manifest but for its listeners and plans (listener_schema.cpp).
#include <algorithm>

#include "manifest/choices.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

bool is_library_name(std::string_view text) {
  return text.find(".so") != std::string_view::npos && text.size() <= 255 &&
         (text.find('/') == std::string_view::npos || text[0] == '/');
}

std::vector<std::string_view> keys_of(const auto& map) {
  std::vector<std::string_view> keys;
  keys.reserve(map.size());
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

void check_tenants(Reader& reader, const SystemManifest& system) {
  for (const auto& [id, tenant] : system.tenants) {
    if (!tenant.plan || system.plans.contains(*tenant.plan)) continue;
    reader.problems.add(tenant.at, "tenant '" + id + "' has the unknown plan " + in_quotes(*tenant.plan) +
                                       did_you_mean(*tenant.plan, keys_of(system.plans)));
  }
}

void check_plugins(Reader& reader, const SystemManifest& system) {
  std::map<std::string, Place> seen;
  for (const auto& entry : system.plugins) {
    for (const auto& name : entry.listen) {
      if (system.listeners.contains(name)) continue;
      reader.problems.add(entry.at,
                          "unknown listener " + in_quotes(name) + did_you_mean(name, keys_of(system.listeners)));
    }
    const auto [first, is_new] = seen.emplace(entry.path.string(), entry.at);
    if (!is_new && !entry.path.empty()) {
      reader.problems.add(entry.at, "the plugin '" + identity(entry) + "' is listed twice; the first is in line " +
                                        std::to_string(first->second.line));
    }
  }
}

// A tenant on a listener lets every peer in as somebody: loopback only, and only with both names.
void check_listeners(Reader& reader, SystemManifest& system) {
  for (auto& [name, listener] : system.listeners) {
    if (!listener.role) listener.role = name == "ops" ? ListenerRole::ops : ListenerRole::http;
    if (listener.tenant.has_value() != listener.principal.has_value()) {
      reader.problems.add(listener.at, "listener '" + name + "' needs both 'tenant' and 'principal', or neither");
    }
    if (listener.tenant && !listener.address.host.empty() && !listener.address.is_loopback()) {
      reader.problems.add(
          listener.at,
          "listener '" + name +
              "' serves a fixed tenant without credentials, so its address must be a loopback one, found '" +
              to_string(listener.address) + "'");
    }
  }
}

}  // namespace

template <>
const Object<Tenant>& object_of<Tenant>() {
  static const auto object =
      Object<Tenant>("Tenant",
                     "A customer known from this file; others come and go with `socle tenant`, which also overrides "
                     "what stands here.",
                     {field("plan", &Tenant::plan, "Name of its plan.").absent("weight 1, no limits"),
                      field("limits", &Tenant::limits, "Limits in place of the plan's."),
                      field("suspended", &Tenant::suspended, "Its requests are refused.")})
          .short_form([](const Node& node, Reader&, Tenant&) { return node.kind == Node::Kind::null; });
  return object;
}

template <>
const Object<Canary>& object_of<Canary>() {
  static const Object<Canary> object(
      "Canary", "A second version of the plugin that gets a part of the calls.",
      {field("path", &Canary::path, "Folder of the second version.").required(),
       field("weight", &Canary::weight, "Part of the callers that meet it."),
       field("for", &Canary::for_, "Time until it is promoted or taken back.").within(&Canary::for_, 1s, 24h),
       field("tenants", &Canary::tenants, "Only these tenants meet it, all of their calls.")
           .named(is_tenant_id, "a tenant id such as acme")});
  return object;
}

template <>
const Object<CellLimits>& object_of<CellLimits>() {
  using L = CellLimits;
  static const Object<L> object(
      "Cell limits",
      "What a cell of a plugin may use of the machine, and how many it may have; of no effect with `home: kernel`.",
      {field("memory", &L::memory, "Private memory, beyond that of a cell without a plugin.")
           .within(&L::memory, ByteSize{1 << 20}, ByteSize{std::uint64_t{1} << 40U}),
       field("files", &L::files, "Open descriptors, those of the rings included.").within(&L::files, 64, 65'536),
       field("cpu", &L::cpu, "Processor cores, 0.5 for half of one; enforced where a control group can be had.")
           .within(&L::cpu, 0, 1'024)
           .absent("not limited"),
       field("cells", &L::cells,
             "Cells of plans or tenants (`cell: per-plan`, `per-tenant`) at a time; the limits above "
             "are each one's.")
           .within(&L::cells, 1, 4'096),
       field("idle", &L::idle,
             "One of those is ended when it had nothing to do for so long; the next call starts another.")
           .within(&L::idle, 1s, 24h)});
  return object;
}

template <>
const Object<PluginEntry>& object_of<PluginEntry>() {
  using P = PluginEntry;
  static const Object<P> object(
      "Plugin entry", "One plugin of the system.",
      {field("path", &P::path, "Folder with its `manifest.yaml` and library.").required(),
       field("name", &P::name, "Name its manifest must have; a guard against a wrong folder.")
           .absent("not checked")
           .named(is_name, "a plugin name such as storage-rocksdb"),
       field("home", &P::home, "Where it runs: in its own process, or in the kernel's (trusted code only).")
           .absent("`cell`"),
       field("cell", &P::cell,
             "Whose calls share a cell: everybody's, those of the tenants of a plan, or those of one tenant. Needs "
             "`state: none`; of no effect with `home: kernel`."),
       field("listen", &P::listen,
             "Listeners whose connections it gets; with them `ingress` and `catalog`, if its manifest asks for these."),
       field("grants", &P::grants,
             "Permissions it gets of those its manifest asks for. It is refused without one that it needs; an optional "
             "service that is not granted is absent to it."),
       field("config", &P::config, "Its settings, checked against the `config` of its manifest.")
           .absent("its defaults"),
       field("canary", &P::canary, "A second version beside it, begun by `socle apply`.").absent("none"),
       field("priority", &P::priority,
             "When several plugins provide a service, the highest provides it; equals are refused.")
           .within(&P::priority, -1'000'000, 1'000'000),
       field("limits", &P::limits, "What a cell of it may use of the machine.").absent("see Cell limits")});
  return object;
}

template <>
const Object<SwapSettings>& object_of<SwapSettings>() {
  using S = SwapSettings;
  static const Object<S> object(
      "Swap", "How generations take turns.",
      {field("pause", &S::pause,
             "Longest time calls are parked by a hand-over of exclusive state; longer aborts the swap.")
           .within(&S::pause, 1ms, 10s),
       field("max_draining", &S::max_draining, "Generations of one plugin that drain at once; a further swap waits.")
           .within(&S::max_draining, 1, 64),
       field("drain", &S::drain, "How long an old generation may finish its calls.").within(&S::drain, 1ms, 1h),
       field("retained_budget", &S::retained_budget,
             "Generations that could not be unmapped, of all plugins; one more refuses swaps.")
           .within(&S::retained_budget, 0, 10'000)});
  return object;
}

template <>
const Object<Watch>& object_of<Watch>() {
  static const auto object =
      Object<Watch>("Watch",
                    "What is watched for changes. `watch: false` is `{system: false}`; a list is `{directories: …}`.",
                    {field("system", &Watch::system, "The system file: a whole, valid change of it is applied."),
                     field("directories", &Watch::directories,
                           "Folders whose subfolders are plugin packages: loaded when new, swapped when replaced, "
                           "unloaded when removed.")})
          .short_form([](const Node& node, Reader& reader, Watch& value) {
            if (node.kind == Node::Kind::map) return false;
            if (node.kind == Node::Kind::sequence) {
              Codec<std::vector<std::filesystem::path>>::read(node, reader, value.directories);
            } else if (const auto on = Text<bool>::parse(node.text); on && !node.quoted) {
              value.system = *on;
            } else {
              reader.mistyped(node, "true, false or a list of folders");
            }
            return true;
          });
  return object;
}

template <>
const Object<LogSettings>& object_of<LogSettings>() {
  static const Object<LogSettings> object(
      "Log", "What is written to stderr.",
      {field("level", &LogSettings::level, "The least important that is written."),
       field("format", &LogSettings::format, "`auto`: text on a terminal, else JSON lines.")});
  return object;
}

template <>
const Object<OffloadSettings>& object_of<OffloadSettings>() {
  using O = OffloadSettings;
  static const Object<O> object("Offload", "The pool for work that blocks (fsync, password hashes, signatures).",
                                {field("threads", &O::threads, "Threads.").within(&O::threads, 1, 256),
                                 field("queue", &O::queue, "Waiting pieces of work; more answer `unavailable`.")
                                     .within(&O::queue, 1, 1'000'000)});
  return object;
}

template <>
const Object<SupervisorSettings>& object_of<SupervisorSettings>() {
  using S = SupervisorSettings;
  static const Object<S> object(
      "Supervisor", "What the parent process does about a kernel that is in trouble.",
      {field("hang", &S::hang,
             "A kernel none of whose workers has come round for so long is ended and started again; `0s`: never.")
           .within(&S::hang, 0s, 1h)});
  return object;
}

template <>
const Object<SystemManifest>& object_of<SystemManifest>() {
  using S = SystemManifest;
  static const auto object =
      Object<S>(
          "System manifest", "The file given to `socle run`. Relative paths are relative to its folder.",
          {field("socle", &S::socle, "Version of this format.").required().within(&S::socle, 1, 1),
           field("data", &S::data, "Folder of everything that is kept. `--data` overrides it."),
           field("control", &S::control, "The control socket. `--control` overrides it.")
               .absent("`control.sock` in `data`"),
           field("workers", &S::workers, "Worker threads. `--workers` overrides it.")
               .absent("one per core")
               .within(&S::workers, 1, 1'024),
           field("listeners", &S::listeners, "Where the kernel accepts connections, by name.")
               .named(is_name, "a listener name such as http"),
           field("resident", &S::resident,
                 "Libraries the kernel loads for good; plugins may need only these and what the SDK's kits stand on "
                 "(simdjson, RE2, PCRE2).")
               .named(is_library_name, "a library such as libssl.so.3 or an absolute path"),
           field("plans", &S::plans,
                 "Sets of limits, by name. A limit is a number; a duration counts as seconds, a size as bytes. "
                 "Those that the kernel applies, and what each may be: see [Plan](#plan); plugins read the others by "
                 "name.")
               .named(is_tenant_id, "a plan name such as free"),
           field("tenants", &S::tenants, "Tenants by id.").named(is_tenant_id, "a tenant id such as acme"),
           field("plugins", &S::plugins, "The plugins of this system."),
           field("trust", &S::trust,
                 "Keys that may sign plugins. None: signatures are checked when present; else required."),
           field("swap", &S::swap, "Hot swap.").absent("see Swap"),
           field("watch", &S::watch, "Watching for changes.").absent("see Watch"),
           field("log", &S::log, "Logging.").absent("see Log"),
           field("offload", &S::offload, "The pool for work that blocks.").absent("see Offload"),
           field("supervisor", &S::supervisor, "A kernel that hangs.").absent("see Supervisor")})
          .rule([](const Node&, Reader& reader, S& system) {
            check_listeners(reader, system);
            check_tenants(reader, system);
            check_plugins(reader, system);
          });
  return object;
}

}  // namespace socle::manifest
