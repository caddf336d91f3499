// cell/runtime/start.cpp: a cell comes up and goes down: memory, bus, library, instance, routes; stop, end.
#include <algorithm>

#include "cell/runtime/guest.hpp"
#include "loader/mapped.hpp"
#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

constexpr std::int64_t quiet_patience = 1'000'000'000;  // for what was cancelled to unwind before STOP
constexpr std::int64_t look_every = 1'000'000;
constexpr std::size_t most_channels = 256;

}  // namespace

Result<std::unique_ptr<Guest>> Guest::open(const CellBoot& boot) {
  const std::uint32_t pairs = boot.workers + 1;
  const Layout up_layout{pairs, 0};
  auto head = Memory::map(boot.down, page, false, true);
  if (!head) return std::move(head).error();
  const auto& down_head = *reinterpret_cast<const DownHead*>(head->data());
  if (down_head.magic != down_magic || down_head.pairs != pairs || down_head.text > most_boot_text ||
      boot.wake_kernel.size() != pairs)
    return Error{Code::invalid, "the memory of this cell does not begin like one"};
  const Layout down_layout{pairs, down_head.text};
  auto down = Memory::map(boot.down, down_layout.size(), false);
  if (!down) return std::move(down).error();
  auto up = Memory::map(boot.up, up_layout.size(), true);
  if (!up) return std::move(up).error();
  auto text = decode({reinterpret_cast<const char*>(down->data() + page), down_layout.text});
  if (!text) return std::move(text).error();
  return std::unique_ptr<Guest>(
      new Guest(boot, std::move(*down), std::move(*up), down_layout, up_layout, std::move(*text)));
}

Guest::Guest(const CellBoot& boot, Memory down, Memory up, Layout down_layout, Layout up_layout, BootText text)
    : down_(std::move(down)),
      up_(std::move(up)),
      text_(std::move(text)),
      library_path_(boot.library),
      wake_cell_(boot.wake_cell),
      slab_(up_.data() + up_layout.slab()) {
  for (std::uint32_t i = 0; i < up_layout.pairs; ++i) {
    std::byte* mine = up_.data() + up_layout.pair(i);
    const std::byte* theirs = down_.data() + down_layout.pair(i);
    lanes_.push_back(Lane{Consumer(mine, theirs, down_.data() + down_layout.slab()), Producer(mine, theirs, slab_),
                          boot.wake_kernel[i], i});
  }
  bus::Settings settings;
  settings.workers = 1;
  settings.offload_threads = static_cast<unsigned>(text_.offload_threads);
  settings.offload_queue = text_.offload_queue;
  bus_ = std::make_unique<bus::Bus>(settings, metrics_);
  bus::Grants grants;
  grants.act_as = text_.may_act_as != 0;
  plugin_ = std::make_unique<bus::Generation>(*bus_, text_.plugin, text_.version, text_.generation, grants, 2);
  remote_ = std::make_unique<bus::Generation>(*bus_, "kernel", "", 0, bus::Grants{}, 2);
  remote_descriptor_.struct_size = sizeof remote_descriptor_;
  remote_descriptor_.handle = remote_handle;
  remote_->attach(&remote_descriptor_);
  remote_->instance = this;
  remote_->given_up = remote_given_up;
  plugin_->offload_terms = offload_terms;
  lay_over(*plugin_, *this);
}

Guest::~Guest() { bus_->stop(); }

void Guest::run(const socle_plugin* built_in) {
  bus_->start();
  worker().post([this, built_in] { start(built_in); });
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return over_; });
}

void Guest::start(const socle_plugin* built_in) {
  watch_ = worker().watch_open(*remote_, wake_cell_);
  Status begun = load(built_in);
  if (begun) begun = create();
  if (begun) begun = routes();
  Outgoing m(Kind::ready);
  m.head.status = begun ? SOCLE_OK : static_cast<std::int32_t>(begun.error().code);
  const std::string text = begun ? "" : begun.error().message;
  m[Field::text] = text;
  send(m, (std::uint64_t{lanes_.size()} - 1) << 56);
  pump();
}

// The kernel has verified the bytes; what the loader looks at here is the descriptor.
Status Guest::load(const socle_plugin* built_in) {
  built_in_ = built_in;
  if (built_in == nullptr) {
    loader::believe_pointers();
    loader::Copy copy;
    copy.path = library_path_;
    copy.sequence = text_.generation;
    loader::Verified verified;
    verified.plugin = text_.plugin;
    verified.abi = {SOCLE_ABI_MAJOR, static_cast<std::uint16_t>(text_.abi_minor)};
    auto library = loader::Library::load(copy, verified, {});
    if (!library) return std::move(library).error();
    library_.emplace(std::move(*library));
  }
  plugin_descriptor_ = built_in != nullptr ? *built_in : library_->descriptor();
  plugin_descriptor_.handle = plugin_handle;
  plugin_descriptor_.connection = nullptr;
  plugin_->attach(&plugin_descriptor_);
  plugin_->instance = this;
  return {};
}

Status Guest::create() {
  const socle_plugin& real = built_in_ != nullptr ? *built_in_ : library_->descriptor();
  const bus::PayloadRef config(bus::Payload::make(text_.config.empty() ? "{}" : text_.config, SOCLE_MEDIA_JSON, {}));
  socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
  socle_status status = SOCLE_INTERNAL;
  try {
    status = real.create(plugin_.get(), config.get(), &instance_, &error);
  } catch (...) {
    return Error{Code::internal, "it let an exception out (plugin_threw)"};
  }
  const bus::PayloadRef why(error.payload != nullptr ? bus::Payload::of(error.payload) : nullptr);
  if (status == SOCLE_OK) return {};
  std::string text = why ? std::string(why->find("message")) : "";
  return Error{Code::invalid, text.empty() ? "status " + std::to_string(status) : text};
}

// Local targets for what the kernel may ask. Their names cannot be those of services, which resolve to the kernel.
Status Guest::routes() {
  for (const MethodName& m : text_.methods) {
    const std::int64_t index = plugin_->method(m.service, m.name);
    const auto target = bus_->target("own:" + m.service, m.name);
    if (index < 0 || !target)
      return Error{Code::invalid, "its manifest names " + (m.service.empty() ? m.name : m.service + "." + m.name) +
                                      ", which its library's descriptor does not list; correct one of them"};
    route(*target, {plugin_.get(), static_cast<std::uint32_t>(index)});
    target_of_.push_back(*target);
  }
  for (std::uint32_t hook = SOCLE_HOOK_START; hook <= SOCLE_HOOK_IMPORT; ++hook) {
    const auto target = bus_->target("own:", plugin_->entry_name(hook));
    if (!target) return Error{Code::exhausted, "too many methods"};
    route(*target, {plugin_.get(), hook});
    hook_of_[hook] = *target;
  }
  return {};
}

void Guest::route(std::uint32_t target, bus::Provider to) {
  auto next = std::make_shared<bus::Snapshot>(*worker().snapshot);
  if (next->routes.size() <= target) next->routes.resize(target + 1);
  next->routes[target].primary = to;
  old_.push_back(std::exchange(worker().snapshot, std::move(next)));
}

std::optional<std::uint32_t> Guest::local_target(const std::string& name, std::uint32_t remote_method) {
  const auto target = bus_->target("kernel:", name);
  if (!target) return std::nullopt;
  const auto& known = worker().snapshot->routes;
  if (*target >= known.size() || known[*target].primary.generation == nullptr)
    route(*target, {remote_.get(), remote_method});
  plugin_->allow(*target);
  return target;
}

std::optional<std::uint32_t> Guest::channel(std::string_view name) {
  auto it = std::find(channels_.begin(), channels_.end(), name);
  if (it == channels_.end()) {
    if (channels_.size() >= most_channels) return std::nullopt;
    it = channels_.emplace(channels_.end(), name);
  }
  return local_target("channel " + *it, channel_bit | static_cast<std::uint32_t>(it - channels_.begin()));
}

bool Guest::drained() const {
  using C = bus::WorkerCounters;
  const bus::Generation& g = *plugin_;
  return g.sum(&C::in_flight) == 0 && g.sum(&C::frames) == 0 && g.sum(&C::waiting) == 0 && g.posted.load() == 0;
}

// STOP comes when the kernel sees nothing in flight; what the plugin still does by itself is cancelled and waited for.
void Guest::stop(Inbound& inbound) {
  worker().cancel_all(*plugin_);
  stopping_ = inbound.number;
  stop_by_ = telemetry::monotonic_now() + quiet_patience;
  look_if_quiet(this, SOCLE_OK);
}

void Guest::look_if_quiet(void* user, socle_status status) {
  auto& guest = *static_cast<Guest*>(user);
  const auto it = guest.inbound_.find(guest.stopping_);
  if (status != SOCLE_OK || it == guest.inbound_.end()) return;
  if (guest.drained() || telemetry::monotonic_now() > guest.stop_by_)
    return guest.enter(*it->second, guest.hook_of_[SOCLE_HOOK_STOP], bus::Payload::empty());
  guest.worker().timer_start(*guest.remote_, look_every, look_if_quiet, user);
}

void Guest::end() {
  const socle_plugin& real = built_in_ != nullptr ? *built_in_ : library_->descriptor();
  worker().cancel_all(*plugin_);
  // What is still under way would call into a destroyed instance; the process ends and takes it along.
  if (instance_ != nullptr && drained()) {
    try {
      real.destroy(std::exchange(instance_, nullptr));
    } catch (...) {  // the process ends; there is nobody left to harm
    }
  }
  const std::lock_guard lock(mutex_);
  over_ = true;
  ended_.notify_all();
}

}  // namespace socle::cell
