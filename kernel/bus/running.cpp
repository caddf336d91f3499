#include "bus/running.hpp"

#include "bus/generation.hpp"
#include "bus/worker.hpp"

namespace socle::bus {
namespace {

// The one call `g` answers on this worker, or nullptr: none, or which of several cannot be known.
const Frame* only_call(Worker& worker, const Generation* g) {
  const Frame* found = nullptr;
  size_t calls = 0;
  worker.frames.each([&](const Frame& f) {
    if (f.callee == g && f.state != Frame::State::parked) found = &f, ++calls;
  });
  return calls == 1 ? found : nullptr;
}

}  // namespace

void describe_running(crash::BlackBox& box) {
  Worker* worker = Worker::current();
  if (worker == nullptr) return;
  const Generation* g = worker->running.load(std::memory_order_relaxed);
  if (g == nullptr) return;
  crash::put_text(box.plugin, g->plugin);
  crash::put_text(box.version, g->version);
  box.generation = g->seq;
  const Frame* frame = worker->running_frame.load(std::memory_order_relaxed);
  if (frame == nullptr || frame->callee != g) frame = only_call(*worker, g);
  if (frame == nullptr) return;
  if (g->descriptor != nullptr && frame->method < g->descriptor->method_count)
    crash::put_text(box.method, view(g->descriptor->methods[frame->method].name));
  if (frame->context != nullptr) crash::put_text(box.tenant, view(frame->context->tenant));
  if (frame->payload != nullptr) {
    box.input_size = frame->payload->text.size;
    box.input_hash = crash::hash_input(view(frame->payload->text));
  }
}

}  // namespace socle::bus
