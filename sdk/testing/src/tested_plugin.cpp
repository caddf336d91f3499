// tested_plugin.cpp: a plugin's descriptor driven as the kernel drives it.
#include <dlfcn.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <socle/testing/home.hpp>

#include "cell_home.hpp"
#include "state.hpp"

namespace socle::testing {
namespace {

std::vector<socle_pair> pairs_of(const Texts& texts) {
  std::vector<socle_pair> out;
  for (const auto& [key, value] : texts) out.push_back({detail::str(key), detail::str(value)});
  return out;
}

// Runs `work` with another worker() and puts the old one back.
template <class Work>
void on_worker(State& state, std::uint32_t worker, Work work) {
  const std::uint32_t before = std::exchange(state.worker, worker);
  work();
  state.worker = before;
}

}  // namespace

bool Asked::done() const { return inbound_->done; }
const Reply& Asked::reply() const { return inbound_->reply; }
void Asked::cancel() const {
  if (inbound_->context != nullptr) inbound_->context->raw.cancelled = 1;
}
std::size_t Asked::frames_at_answer() const { return inbound_->frames_at_answer; }

TestedPlugin::TestedPlugin(FakeHost& host, const socle_plugin* descriptor, std::string_view config)
    : host_(host), descriptor_(descriptor), drained_(host.state().options.workers) {
  if (home() == Home::cell) {
    host_.state().in_cell = true;
    cell_ = CellHome::start(host_, "", descriptor, created_);
    if (cell_ == nullptr) return;
    descriptor_ = &cell_->descriptor();
  }
  create(config);
}

TestedPlugin::TestedPlugin(FakeHost& host, const std::string& library, std::string_view config)
    : host_(host), drained_(host.state().options.workers) {
  if (home() == Home::cell) {
    host_.state().in_cell = true;
    cell_ = CellHome::start(host_, library, nullptr, created_);
    if (cell_ == nullptr) return;
    descriptor_ = &cell_->descriptor();
    create(config);
    return;
  }
  library_ = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) {
    const char* why = ::dlerror();
    created_ = Reply::error(Code::not_found, "not_loaded", why == nullptr ? "dlopen failed" : why);
    return;
  }
  const auto entry = reinterpret_cast<socle_entry_fn>(::dlsym(library_, SOCLE_ENTRY_NAME));
  if (entry == nullptr) {
    created_ = Reply::error(Code::invalid, "no_entry", library + " exports no " SOCLE_ENTRY_NAME);
    return;
  }
  descriptor_ = entry();
  create(config);
}

void TestedPlugin::create(std::string_view config) {
  State& state = host_.state();
  instance_ = cell_.get();
  on_worker(state, staging(), [&] {
    const Payload body = Payload::adopt(state.new_payload(config, SOCLE_MEDIA_JSON, nullptr, 0));
    socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
    error.status = descriptor_->create(host_.table(), body.raw(), &instance_, &error);
    created_ = Reply::adopt(error);
  });
  if (!created_.ok()) instance_ = nullptr;
}

TestedPlugin::~TestedPlugin() {
  if (instance_ != nullptr) end();
  created_ = {};
  cell_.reset();
  if (library_ != nullptr) ::dlclose(library_);
}

void TestedPlugin::end() noexcept {
  for (std::uint32_t worker = 0; worker < drained_.size(); ++worker) {
    if (!drained_[worker]) (void)drain(worker);
  }
  if (!stopped_) (void)stop();
  on_worker(host_.state(), staging(), [&] { descriptor_->destroy(instance_); });
}

std::uint32_t TestedPlugin::staging() const { return host_.state().options.workers; }

Asked TestedPlugin::begin(std::string_view method, const Ask& ask, std::uint32_t worker) {
  for (std::uint32_t i = 0; i < descriptor_->method_count; ++i) {
    const std::string_view name = detail::view(descriptor_->methods[i].name);
    if (method == name || method == std::string(detail::view(descriptor_->methods[i].service)).append(".").append(name))
      return begin(i, ask, worker);
  }
  std::fprintf(stderr, "socle::testing::TestedPlugin: no method '%.*s'\n", static_cast<int>(method.size()),
               method.data());
  std::abort();
}

Asked TestedPlugin::begin(std::uint32_t method, const Ask& ask, std::uint32_t worker) {
  State& state = host_.state();
  auto inbound = std::make_shared<Inbound>();
  inbound->token = ++state.last_id;
  inbound->context = state.new_context(ask.context);
  const auto meta = pairs_of(ask.meta);
  inbound->payload =
      Payload::adopt(state.new_payload(ask.text, static_cast<std::uint32_t>(ask.media), meta.data(), meta.size()));
  state.inbound[inbound->token] = inbound;
  const socle_call call{sizeof(socle_call), method, inbound->token, &inbound->context->raw, inbound->payload.raw()};
  socle_reply reply{sizeof(socle_reply), SOCLE_INTERNAL, nullptr};
  socle_status status = SOCLE_INTERNAL;
  on_worker(state, worker, [&] { status = descriptor_->handle(instance_, &call, &reply); });
  if (status != SOCLE_PENDING) {
    // Answered inline: what complete() does, without being counted as one.
    reply.status = status;
    inbound->reply = Reply::adopt(reply);
    inbound->done = true;
    inbound->frames_at_answer = state.frames.size();
    inbound->payload = {};
    state.inbound.erase(inbound->token);
    state.release_context(&std::exchange(inbound->context, nullptr)->raw);
  }
  return Asked(std::move(inbound));
}

Reply TestedPlugin::ask(std::string_view method, const Ask& ask, std::uint32_t worker) {
  const Asked asked = begin(method, ask, worker);
  host_.run_until_idle();
  if (asked.done()) return asked.reply();
  return Reply::error(Code::deadline, "still_pending", "the call is still pending; advance the clock or release it");
}

Reply TestedPlugin::hook(std::uint32_t number, const Ask& ask, std::uint32_t worker) {
  const Asked asked = begin(number, ask, worker);
  host_.run_until_idle();
  for (int i = 0; i < 100 && !asked.done(); ++i) host_.advance(std::chrono::milliseconds(1));
  if (number == SOCLE_HOOK_START) host_.state().started = true;
  if (asked.done()) return asked.reply();
  return Reply::error(Code::deadline, "still_pending", "the hook is still pending after 100 ms");
}

Reply TestedPlugin::drain(std::uint32_t worker) {
  drained_.at(worker) = true;
  return hook(SOCLE_HOOK_DRAIN, {}, worker);
}

Reply TestedPlugin::stop() {
  stopped_ = true;
  Ask ask;
  ask.context.deadline = host_.now() + std::chrono::milliseconds(50);
  return hook(SOCLE_HOOK_STOP, ask, staging());
}

Reply TestedPlugin::import_state(std::string_view bytes, std::uint32_t version, bool dry_run) {
  Ask ask{std::string(bytes), {{"state-version", std::to_string(version)}}, Media::other, {}};
  if (dry_run) ask.meta.emplace_back("dry-run", "true");
  return hook(SOCLE_HOOK_IMPORT, ask, 0);
}

void TestedPlugin::connect(int fd, std::string_view listener, std::string_view peer, std::string_view buffered,
                           void* tls, std::uint32_t worker) {
  State& state = host_.state();
  assert(descriptor_->connection != nullptr);
  const std::uint64_t id = ++state.last_id;
  state.connections[id] = listener;
  const socle_connection connection{sizeof(socle_connection), fd, id, detail::str(listener), detail::str(peer),
                                    detail::str(buffered),    tls};
  on_worker(state, worker, [&] { descriptor_->connection(instance_, &connection); });
}

}  // namespace socle::testing
