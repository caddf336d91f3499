#include "cell_guest.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "cell_home.hpp"

namespace socle::testing {
namespace {

using wire::Op;
using wire::Reader;
using wire::Writer;

constexpr std::size_t readable_behind = 64;  // bytes behind a text, as the ABI promises

Guest* g_guest = nullptr;

// A grown one has slots behind those of this ABI, as in state.hpp.
struct {
  socle_host host;
  void (*later[8])();
} g_table;

std::unique_ptr<char[]> copy(socle_str text) {
  auto out = std::make_unique<char[]>(text.size + readable_behind);
  if (text.size > 0) std::memcpy(out.get(), text.data, text.size);
  return out;
}

template <class Mirror>
void read_pairs(Reader& in, std::vector<std::pair<std::string, std::string>>& texts, Mirror& mirror) {
  for (std::size_t n = in.u64(); n > 0; --n) {
    std::string key(detail::view(in.text()));
    texts.emplace_back(std::move(key), detail::view(in.text()));
  }
  for (const auto& [key, value] : texts) mirror.pairs.push_back({detail::str(key), detail::str(value)});
}

}  // namespace

Guest& guest() { return *g_guest; }

void run_cell(int fd, const std::string& library, const socle_plugin* linked, bool grown_table) {
  g_guest = new Guest(fd);
  g_table.host = make_cell_table();
  if (grown_table) {
    g_table.host.struct_size = static_cast<std::uint32_t>(sizeof g_table);
    ++g_table.host.abi_minor;
  }
  g_guest->run(library, linked);
}

void Guest::load(const std::string& library, const socle_plugin* linked) {
  plugin_ = linked;
  if (linked != nullptr) return;
  const auto refuse = [this](Code code, std::string_view stable, std::string_view text) {
    Writer m(Op::refused);
    socket_.send(m.u64(static_cast<std::uint64_t>(code)).text(stable).text(text));
    ::_exit(0);
  };
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    refuse(Code::not_found, "not_loaded", why == nullptr ? "dlopen failed" : why);
  }
  const auto entry = reinterpret_cast<socle_entry_fn>(::dlsym(handle, SOCLE_ENTRY_NAME));
  if (entry == nullptr) refuse(Code::invalid, "no_entry", library + " exports no " SOCLE_ENTRY_NAME);
  plugin_ = entry();
}

void Guest::run(const std::string& library, const socle_plugin* linked) {
  load(library, linked);
  Writer m(Op::loaded);
  m.text(plugin_->name).u64(plugin_->abi_major).u64(plugin_->abi_minor).u64(plugin_->connection != nullptr ? 1 : 0);
  m.u64(plugin_->method_count);
  for (std::size_t i = 0; i < plugin_->method_count; ++i)
    m.text(plugin_->methods[i].service).text(plugin_->methods[i].name);
  socket_.send(m);
  for (auto in = receive(); in && in->op != Op::end; in = receive()) serve(*in);
  for (const auto& [name, resident] : residents) resident.destroy(resident.handle);
  ::_exit(0);
}

std::optional<Reader> Guest::receive() {
  auto cancelled = socket_.receive();
  if (!cancelled) return std::nullopt;
  if (cancelled->op == Op::end) return cancelled;
  for (std::uint64_t n = cancelled->u64(); n > 0; --n) {
    const auto it = contexts_.find(cancelled->u64());
    if (it != contexts_.end()) it->second->raw.cancelled = 1;
  }
  return socket_.receive();
}

Reader Guest::ask(const Writer& question, int fd) {
  socket_.send(question, fd);
  for (;;) {
    auto in = receive();
    if (!in || in->op == Op::end) ::_exit(0);  // the test is over, in whatever way
    if (in->op == Op::done) return std::move(*in);
    serve(*in);
  }
}

void Guest::serve(Reader& in) {
  Writer out(Op::done);
  switch (in.op) {
    case Op::create: create(in, out); break;
    case Op::destroy: plugin_->destroy(instance_); break;
    case Op::handle: handle(in, out); break;
    case Op::event: {
      const auto fn = in.address<std::remove_pointer_t<socle_event_fn>>();
      void* user = in.address<void>();
      fn(user, static_cast<socle_status>(in.i64()));
      break;
    }
    case Op::replied: {
      const auto fn = in.address<std::remove_pointer_t<socle_reply_fn>>();
      void* user = in.address<void>();
      const auto status = static_cast<socle_status>(in.i64());
      MirrorPayload* body = payload(in);
      const socle_reply reply{sizeof reply, status, body != nullptr ? &body->raw : nullptr};
      fn(user, &reply);
      break;
    }
    case Op::work: {
      const auto fn = in.address<std::remove_pointer_t<socle_work_fn>>();
      fn(in.address<void>());
      break;
    }
    default: std::abort();  // an operation of the other direction
  }
  socket_.send(out);
}

void Guest::create(Reader& in, Writer& out) {
  MirrorPayload* config = payload(in);
  ++config->borrowed;
  socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
  const socle_status status = plugin_->create(&g_table.host, &config->raw, &instance_, &error);
  out.i64(status).i64(error.status).u64(hand_over(error.payload));
  --config->borrowed;
  drop(config);
}

void Guest::handle(Reader& in, Writer& out) {
  const std::uint32_t method = in.u32();
  const std::uint64_t token = in.u64();
  MirrorContext* c = context(in);
  MirrorPayload* body = payload(in);
  ++c->borrowed;
  ++body->borrowed;
  calls_[token] = {c, body};
  const socle_call call{sizeof(socle_call), method, token, &c->raw, &body->raw};
  socle_reply reply{sizeof(socle_reply), SOCLE_INTERNAL, nullptr};
  const socle_status status = plugin_->handle(instance_, &call, &reply);
  out.i64(status);
  if (status == SOCLE_PENDING) return;
  out.i64(reply.status).u64(hand_over(reply.payload));
  answered(token);
}

// What came with a call lives until it is answered.
void Guest::answered(std::uint64_t token) {
  const auto it = calls_.find(token);
  if (it == calls_.end()) return;
  const Held held = it->second;
  calls_.erase(it);
  --held.context->borrowed;
  --held.payload->borrowed;
  drop(held.context);
  drop(held.payload);
}

// ---- mirrors

MirrorPayload* Guest::make(std::uint64_t id, std::uint32_t media, const socle_pair* meta, std::size_t n) {
  auto* made = new MirrorPayload;
  made->id = id;
  for (std::size_t i = 0; i < n; ++i) made->meta.emplace_back(detail::view(meta[i].key), detail::view(meta[i].value));
  for (const auto& [key, value] : made->meta) made->pairs.push_back({detail::str(key), detail::str(value)});
  made->raw.meta = made->pairs.data();
  made->raw.meta_count = static_cast<std::uint32_t>(n);
  made->raw.media = media;
  payloads_[id] = made;
  return made;
}

MirrorPayload* Guest::payload(Reader& in) {
  const std::uint64_t id = in.u64();
  if (id == 0) return nullptr;
  const int handed_over = static_cast<int>(in.u64());
  const std::uint32_t media = in.u32();
  const socle_str text = in.text(), doc = in.text();
  std::vector<socle_pair> meta(in.u64());
  for (socle_pair& pair : meta) {
    pair.key = in.text();
    pair.value = in.text();
  }
  const auto known = payloads_.find(id);
  MirrorPayload* mirror = known != payloads_.end() ? known->second : make(id, media, meta.data(), meta.size());
  if (known == payloads_.end()) {
    if (text.data != nullptr) {
      mirror->text = copy(text);
      mirror->raw.text = {mirror->text.get(), text.size};
    }
    if (doc.data != nullptr) {
      mirror->doc = copy(doc);
      mirror->raw.doc = {mirror->doc.get(), doc.size};
    }
  }
  mirror->references += handed_over;
  return mirror;
}

MirrorContext* Guest::context(Reader& in) {
  const std::uint64_t id = in.u64();
  if (id == 0) return nullptr;
  auto made = std::make_unique<MirrorContext>();
  const int handed_over = static_cast<int>(in.u64());
  const auto text = [&in](std::string& kept, socle_str& raw) {
    const socle_str s = in.text();
    kept = detail::view(s);
    raw = s.data != nullptr ? detail::str(kept) : socle_str{nullptr, 0};
  };
  text(made->tenant, made->raw.tenant);
  text(made->principal, made->raw.principal);
  text(made->claims, made->raw.claims);
  text(made->idempotency_key, made->raw.idempotency_key);
  text(made->lane, made->raw.lane);
  read_pairs(in, made->keys, *made);
  made->raw.keys = made->pairs.data();
  made->raw.key_count = static_cast<std::uint32_t>(made->pairs.size());
  made->raw.work_class = in.u32();
  made->raw.deadline = in.i64();
  made->raw.trace_flags = static_cast<std::uint8_t>(in.u64());
  made->raw.cancelled = static_cast<std::uint8_t>(in.u64());
  std::memcpy(made->raw.trace_id, in.text().data, sizeof made->raw.trace_id);
  std::memcpy(made->raw.span_id, in.text().data, sizeof made->raw.span_id);
  made->id = id;
  MirrorContext*& known = contexts_[id];
  if (known == nullptr) known = made.release();
  known->references += handed_over;
  return known;
}

void Guest::drop(MirrorPayload* p) {
  if (p == nullptr || p->references > 0 || p->borrowed > 0) return;
  payloads_.erase(p->id);
  if (p->base != nullptr) {
    --p->base->borrowed;
    drop(p->base);
  }
  delete p;
}

void Guest::drop(MirrorContext* c) {
  if (c->references > 0 || c->borrowed > 0) return;
  contexts_.erase(c->id);
  delete c;
}

std::uint64_t Guest::hand_over(socle_payload* raw) {
  if (raw == nullptr) return 0;
  auto* mirror = reinterpret_cast<MirrorPayload*>(raw);
  const std::uint64_t id = mirror->id;
  --mirror->references;
  drop(mirror);
  return id;
}

}  // namespace socle::testing
