// cell_services.cpp: what a plugin in a cell asks of its host, the rest of cell_answers.cpp: calls, work, time, and
// what operators see.
#include "cell_home.hpp"

#include <unistd.h>

#include <cstdlib>

#include "state.hpp"

namespace socle::testing {

using wire::Op;
using wire::Reader;
using wire::Writer;

bool CellHome::answer_work(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::resolve: {
      const socle_str service = in.text();
      const socle_str method = in.text();
      std::uint32_t target = 0;
      out.i64(h->resolve(h, service, method, &target)).u64(target);
      return true;
    }
    case Op::call: {
      const auto* context = in.address<socle_context>();
      const std::uint32_t target = in.u32();
      auto* payload = in.address<socle_payload>();
      const bool has_options = in.u64() != 0;
      socle_call_options options{sizeof options, 0, in.i64(), {}};
      options.idempotency_key = in.text();
      Callback* c = callback(in);
      socle_reply reply{sizeof reply, SOCLE_OK, nullptr};
      const socle_status status =
          h->call(h, context, target, payload, has_options ? &options : nullptr, &reply, replied, c);
      out.i64(status);
      if (status == SOCLE_PENDING) return true;
      forget(c);
      out.i64(reply.status);
      put(out, reply.payload, true);
      return true;
    }
    case Op::complete: {
      const std::uint64_t token = in.u64();
      const auto status = static_cast<socle_status>(in.i64());
      const socle_reply reply{sizeof(socle_reply), status, take(in.address<socle_payload>())};
      calls_.erase(token);
      h->complete(h, token, &reply);
      return true;
    }
    case Op::publish: {
      const auto* context = in.address<socle_context>();
      const socle_str channel = in.text();
      auto* payload = in.address<socle_payload>();
      Callback* c = callback(in);
      const socle_status status = h->publish(h, context, channel, payload, event, c);
      if (status != SOCLE_PENDING) forget(c);
      out.i64(status);
      return true;
    }
    case Op::offload: {
      const std::uint64_t work_at = in.u64();
      Callback* c = callback(in);
      c->work = work_at;
      const socle_status status = h->offload(h, work, event, c);
      if (status != SOCLE_OK) forget(c);
      out.i64(status);
      return true;
    }
    case Op::defer: h->defer(h, event, callback(in)); return true;
    case Op::post: {
      const std::uint32_t worker = in.u32();
      h->post(h, worker, event, callback(in));
      return true;
    }
    case Op::post_for: {
      const std::uint64_t payer = in.u64();
      const std::uint32_t worker = in.u32();
      h->post_for(h, payer, worker, event, callback(in));
      return true;
    }
    default: return false;
  }
}

bool CellHome::answer_time(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::now: out.i64(h->now(h)); return true;
    case Op::now_utc: out.i64(h->now_utc(h)); return true;
    case Op::timer_start: {
      const std::int64_t delay = in.i64();
      Callback* c = callback(in);
      c->timer = h->timer_start(h, delay, event, c);
      out.u64(c->timer);
      return true;
    }
    case Op::timer_cancel: {
      const std::uint64_t id = in.u64();
      const int cancelled = h->timer_cancel(h, id);
      for (auto it = callbacks_.begin(); cancelled == 1 && it != callbacks_.end(); ++it) {
        if ((*it)->timer != id) continue;
        forget(*it);
        break;
      }
      out.i64(cancelled);
      return true;
    }
    case Op::watch_open: {
      const int fd = socket_.take_fd();
      const std::uint64_t id = h->watch_open(h, fd);
      watches_[id] = fd;
      out.u64(id);
      return true;
    }
    case Op::watch_wait: {
      const std::uint64_t id = in.u64();
      const std::uint32_t events = in.u32();
      h->watch_wait(h, id, events, event, callback(in));
      return true;
    }
    case Op::watch_close: {
      const std::uint64_t id = in.u64();
      h->watch_close(h, id);
      if (const auto it = watches_.find(id); it != watches_.end()) {
        ::close(it->second);
        watches_.erase(it);
      }
      return true;
    }
    case Op::frame_alloc: {
      const std::size_t size = in.u64();
      void* frame = h->frame_alloc(h, size);
      if (frame != nullptr) frames_[frame] = size;
      out.address(frame);
      return true;
    }
    case Op::frame_free: {
      void* frame = in.address<void>();
      frames_.erase(frame);
      h->frame_free(h, frame, in.u64());
      return true;
    }
    default: return false;
  }
}

void CellHome::answer_rest(Reader& in, Writer& out) {
  const socle_host* h = host_.table();
  switch (in.op) {
    case Op::worker: out.u64(h->worker(h)); break;
    case Op::worker_count: out.u64(h->worker_count(h)); break;
    case Op::catalog_version: out.u64(h->catalog_version(h)); break;
    case Op::slice_left_for: out.i64(h->slice_left_for(h)); break;
    case Op::payer: out.u64(h->payer(h)); break;
    case Op::log: {
      const int level = static_cast<int>(in.i64());
      const auto* context = in.address<socle_context>();
      const socle_str message = in.text();
      std::vector<socle_pair> fields(in.u64());
      for (socle_pair& f : fields) {
        f.key = in.text();
        f.value = in.text();
      }
      h->log(h, level, context, message, fields.data(), fields.size());
      break;
    }
    case Op::metric: {
      const socle_str name = in.text();
      const std::uint32_t kind = in.u32();
      out.u64(h->metric(h, name, kind, in.text()));
      break;
    }
    case Op::observe: {
      const std::uint32_t metric = in.u32();
      h->observe(h, metric, in.number());
      break;
    }
    case Op::span_begin: {
      const auto* context = in.address<socle_context>();
      const std::uint64_t span = h->span_begin(h, context, in.text());
      spans_.insert(span);
      out.u64(span);
      break;
    }
    case Op::span_end: {
      const std::uint64_t span = in.u64();
      spans_.erase(span);
      h->span_end(h, span);
      break;
    }
    case Op::fault_point: out.i64(h->fault_point(h, in.text())); break;
    case Op::judge: {  // resident handles stay in the cell; the fault a test asks for does not
      Code code{};
      const bool fails = host_.state().judge(detail::view(in.text()), code) == Verdict::fail;
      out.i64(fails ? detail::status(code) : SOCLE_OK);
      break;
    }
    default: std::abort();  // an operation of the other direction: this library contradicts itself
  }
}

}  // namespace socle::testing
