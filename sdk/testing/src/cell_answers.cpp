// cell_answers.cpp: what a plugin in a cell asks of its host, answered by the FakeHost: payloads and contexts, and
// everything else by cell_services.cpp.
#include "cell_home.hpp"

#include <csignal>
#include <cstring>

#include "state.hpp"

namespace socle::testing {

using wire::Op;
using wire::Reader;
using wire::Writer;

void CellHome::answer(Reader& in) {
  Writer out(Op::done);
  if (!answer_payload(in, out) && !answer_context(in, out) && !answer_work(in, out) && !answer_time(in, out))
    answer_rest(in, out);
  if (std::exchange(host_.state().cell_dies, false)) ::kill(pid_, SIGABRT);
  static_cast<void>(send(out));
}

bool CellHome::answer_payload(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  std::vector<socle_pair> meta;
  const auto read_meta = [&] {
    meta.resize(in.u64());
    for (socle_pair& pair : meta) {
      pair.key = in.text();
      pair.value = in.text();
    }
  };
  const auto made = [&](socle_payload* p) {
    if (p != nullptr) ++payloads_[p];
    out.address(p);
  };
  switch (in.op) {
    case Op::payload_new: {
      const socle_str text = in.text();
      const std::uint32_t media = in.u32();
      read_meta();
      made(h->payload_new(h, text, media, meta.data(), meta.size()));
      return true;
    }
    case Op::payload_alloc: {
      const std::size_t size = in.u64();
      const std::uint32_t media = in.u32();
      read_meta();
      char* ignored = nullptr;
      made(h->payload_alloc(h, size, media, meta.data(), meta.size(), &ignored));
      return true;
    }
    case Op::payload_seal: {
      auto* p = in.address<socle_payload>();
      const std::size_t size = in.u64();
      const socle_str text = in.text();
      h->payload_seal(h, p, size);
      if (p->text.size == size && size > 0) std::memcpy(const_cast<char*>(p->text.data), text.data, size);
      return true;
    }
    case Op::payload_slice: {
      auto* base = in.address<socle_payload>();
      const std::size_t offset = in.u64(), size = in.u64();
      const std::uint32_t media = in.u32();
      read_meta();
      made(h->payload_slice(h, base, offset, size, media, meta.data(), meta.size()));
      return true;
    }
    case Op::payload_set_doc: {
      auto* p = in.address<socle_payload>();
      h->payload_set_doc(h, p, in.text());
      return true;
    }
    case Op::payload_retain: {
      auto* p = in.address<socle_payload>();
      h->payload_retain(h, p);
      ++payloads_[p];
      return true;
    }
    case Op::payload_release: {
      auto* p = take(in.address<socle_payload>());
      h->payload_release(h, p);
      return true;
    }
    case Op::payload_share: h->payload_share(h, in.address<socle_payload>()); return true;
    case Op::catalog: {
      socle_payload* p = h->catalog(h, in.text());
      put(out, p, true);
      return true;
    }
    default: return false;
  }
}

bool CellHome::answer_context(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::context_open: {
      socle_root root{};
      root.struct_size = sizeof root;
      root.work_class = in.u32();
      for (socle_str* s : {&root.tenant, &root.principal, &root.claims, &root.idempotency_key, &root.lane})
        *s = in.text();
      root.deadline = in.i64();
      root.trace_id = reinterpret_cast<const std::uint8_t*>(in.text().data);
      root.span_id = reinterpret_cast<const std::uint8_t*>(in.text().data);
      root.trace_flags = static_cast<std::uint8_t>(in.u64());
      root.continues = in.u64();
      put(out, h->context_open(h, &root), true);
      return true;
    }
    case Op::context_act_as: {
      const socle_str tenant = in.text();
      const socle_str reason = in.text();
      put(out, h->context_act_as(h, tenant, reason, in.i64()), true);
      return true;
    }
    case Op::context_retain: {
      const auto* c = in.address<socle_context>();
      h->context_retain(h, c);
      ++contexts_[c];
      return true;
    }
    case Op::context_release: {
      const auto* c = in.address<socle_context>();
      if (--contexts_[c] == 0) contexts_.erase(c);
      h->context_release(h, c);
      return true;
    }
    case Op::context_cancel: h->context_cancel(h, in.address<socle_context>()); return true;
    case Op::limit: {
      const auto* c = in.address<socle_context>();
      out.number(h->limit(h, c, in.text()));
      return true;
    }
    case Op::meter:
    case Op::meter_level: {
      const auto* c = in.address<socle_context>();
      const socle_str name = in.text();
      (in.op == Op::meter ? h->meter : h->meter_level)(h, c, name, in.number());
      return true;
    }
    case Op::rate: {
      socle_rate rate{};
      out.i64(h->rate(h, in.address<socle_context>(), &rate));
      out.bytes(&rate, sizeof rate);
      return true;
    }
    case Op::pressure: out.u64(h->pressure(h, in.address<socle_context>())); return true;
    case Op::arena_alloc: {
      const auto* c = in.address<socle_context>();
      const std::size_t size = in.u64();
      out.u64(h->arena_alloc(h, c, size, in.u64()) != nullptr ? 1 : 0);
      return true;
    }
    case Op::memory_hold: {
      const auto* c = in.address<socle_context>();
      const std::size_t size = in.u64();
      void* held = h->memory_hold(h, c, size);
      if (held != nullptr) held_[held] = size;
      out.address(held);
      return true;
    }
    case Op::memory_release: {
      auto* held = in.address<void>();
      held_.erase(held);
      h->memory_release(h, held, in.u64());
      return true;
    }
    case Op::charge: {
      const auto* c = in.address<socle_context>();
      h->charge(h, c, in.i64());
      return true;
    }
    case Op::memory_refused: out.i64(h->memory_refused(h)); return true;
    default: return false;
  }
}

}  // namespace socle::testing
