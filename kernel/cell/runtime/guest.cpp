// cell/runtime/guest.cpp: the lanes of a cell and what lies in them: messages in, messages out, questions asked.
#include "cell/runtime/guest.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

constexpr int messages_a_turn = 64;
constexpr std::int64_t ask_patience = 2'000'000'000;
constexpr std::size_t most_backlog = 4096;  // of messages that may be dropped

std::size_t class_of(std::uint32_t block) {
  for (std::size_t c = 0; c < block_classes.size(); ++c) {
    if (block < block_classes[c].first + block_classes[c].count) return c;
  }
  return block_classes.size();
}

std::uint32_t most_borrowed(std::size_t c) {
  return (c < block_classes.size() ? block_classes[c].count : slab_leases) / 2;
}

}  // namespace

Guest::Lane& Guest::lane_of(std::uint64_t number) {
  const std::size_t index = number >> 56;
  return lanes_[index < lanes_.size() ? index : 0];
}

void Guest::wake(const Lane& lane) const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(lane.wake_kernel, &one, sizeof one);
}

void Guest::send(Outgoing& message, std::uint64_t about, bool droppable) {
  Lane& lane = lane_of(about);
  const std::size_t size = message.measure();
  if (lane.backlog.empty()) {
    if (const auto room = lane.to_kernel.take(size, !droppable); room) {
      message.write(room->at);
      if (lane.to_kernel.push(*room, size)) wake(lane);
      worker().expect(lane.from_kernel.core_of_producer());
      return;
    }
  }
  if (droppable && lane.backlog.size() >= most_backlog) return;
  std::string kept(size, '\0');
  message.write(reinterpret_cast<std::byte*>(kept.data()));
  lane.backlog.push_back(std::move(kept));
}

void Guest::flush() {
  for (Lane& lane : lanes_) {
    if (lane.backlog.empty()) continue;
    for (; !lane.backlog.empty(); lane.backlog.pop_front()) {
      const std::string& bytes = lane.backlog.front();
      const auto room = lane.to_kernel.take(bytes.size(), true);
      if (!room) break;
      std::memcpy(room->at, bytes.data(), bytes.size());
      if (lane.to_kernel.push(*room, bytes.size())) wake(lane);
    }
    if (lane.backlog.empty()) lane.to_kernel.satisfied();
  }
}

void Guest::woken(void* user, socle_status status) {
  auto& guest = *static_cast<Guest*>(user);
  guest.pump_queued_ = false;
  if (status == SOCLE_OK) guest.pump();
}

void Guest::queue_pump() {
  if (std::exchange(pump_queued_, true)) return;
  bus::Job job;
  job.generation = remote_.get();
  job.event = woken;
  job.user = this;
  worker().defer(job);
}

void Guest::pump() {
  old_.clear();
  const std::uint64_t asked = reinterpret_cast<DownHead*>(down_.data())->beat.load(std::memory_order_relaxed);
  if (asked != up_head().beat.load(std::memory_order_relaxed)) {
    if (work_hangs()) return;
    up_head().beat.store(asked, std::memory_order_relaxed);
  }
  for (int budget = messages_a_turn;;) {
    bool any = false;
    for (Lane& lane : lanes_) {
      lane.from_kernel.wake();
      for (; budget > 0; --budget) {
        if (!set_aside_.empty()) {
          const auto [from, taken] = set_aside_.front();
          set_aside_.pop_front();
          take(*from, taken);
        } else if (const auto taken = lane.from_kernel.next(); taken) {
          take(lane, *taken);
        } else {
          break;
        }
        any = true;
      }
    }
    begin_arrived();
    flush();
    if (budget == 0) return queue_pump();
    if (any) continue;
    const bool quiet = std::all_of(lanes_.begin(), lanes_.end(), [](Lane& lane) { return lane.from_kernel.sleep(); });
    if (quiet) break;
  }
  worker().watch_wait(watch_, SOCLE_IO_READ, woken, this);
}

// Text and document stay where they are while the plugin needs them, unless too much of the lane does already: then one
// more copy keeps the lane going.
bus::PayloadRef Guest::body_of(Lane& lane, const Taken& taken, const Incoming& in) {
  const std::string_view text = in[Field::text], doc = in[Field::doc];
  if (text.empty() && doc.empty() && in.meta.empty()) {
    give_back(lane, taken.block);
    return bus::PayloadRef(in.head.media == SOCLE_MEDIA_NONE ? nullptr
                                                             : bus::Payload::make(text, in.head.media, in.meta));
  }
  std::uint32_t& borrowed = lane.borrowed[class_of(taken.block)];
  if (borrowed < most_borrowed(class_of(taken.block)) && !(text.empty() && doc.empty())) {
    ++borrowed;
    return bus::PayloadRef(bus::Payload::borrow(text, doc, in.head.media, in.meta, released, this,
                                                (std::uint64_t{lane.index} << 32) | taken.block));
  }
  bus::PayloadRef copy(bus::Payload::make(text, in.head.media, in.meta));
  if (!doc.empty()) copy->set_doc(doc);
  give_back(lane, taken.block);
  return copy;
}

void Guest::give_back(Lane& lane, std::uint32_t block) {
  if (lane.from_kernel.give_back(block)) wake(lane);
}

// On whichever thread let go of the payload.
void Guest::released(void* user, std::uint64_t lane_and_block) {
  auto& guest = *static_cast<Guest*>(user);
  const auto done = [&guest, lane_and_block] {
    Lane& lane = guest.lanes_[lane_and_block >> 32];
    const auto block = static_cast<std::uint32_t>(lane_and_block);
    --lane.borrowed[class_of(block)];
    guest.give_back(lane, block);
  };
  if (bus::Worker::current() == &guest.worker()) return done();
  guest.worker().post(done);
}

void Guest::take(Lane& lane, const Taken& taken) {
  const auto in = read_message(taken.at, taken.size, scratch_, false);
  if (!in) return end();  // the kernel does not talk so
  switch (in->head.kind) {
    case Kind::call: return call(*in, body_of(lane, taken, *in));
    case Kind::answer: return answer(*in, body_of(lane, taken, *in));
    case Kind::cancel: cancel(in->head.number); break;
    case Kind::end: end(); break;
    default: end();
  }
  give_back(lane, taken.block);
}

// ---- questions that the ABI answers at once

bool Guest::take_answer(Lane& lane, const Taken& taken) {
  const auto in = read_message(taken.at, taken.size, ask_scratch_, false);
  if (!in || in->head.kind != Kind::answer || in->head.number != *awaited_) return false;
  awaited_answer_.status = in->head.status;
  awaited_answer_.method = in->head.method;
  awaited_answer_.value = in->head.value;
  awaited_answer_.body = body_of(lane, taken, *in);
  awaited_.reset();
  return true;
}

Guest::Answer Guest::ask(Outgoing& question, std::uint64_t about) {
  if (bus::Worker::current() != &worker()) return {};
  // Of no local frame: worker 0's tokens have a zero top byte.
  question.head.number = (std::uint64_t{1} << 63) | ++next_number_;
  awaited_ = question.head.number;
  awaited_answer_ = {};
  send(question, about);
  const std::int64_t until = telemetry::monotonic_now() + ask_patience;
  queue_pump();  // for what is set aside, and to wait for readiness again
  while (awaited_) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_cell_, &count, sizeof count);
    for (Lane& lane : lanes_) {
      lane.from_kernel.wake();
      while (awaited_) {
        const auto taken = lane.from_kernel.next();
        if (!taken) break;
        if (!take_answer(lane, *taken)) set_aside_.emplace_back(&lane, *taken);
      }
    }
    flush();
    const std::int64_t left = until - telemetry::monotonic_now();
    if (!awaited_ || left <= 0) break;
    if (!std::all_of(lanes_.begin(), lanes_.end(), [](Lane& lane) { return lane.from_kernel.sleep(); })) continue;
    pollfd p{wake_cell_, POLLIN, 0};
    poll(&p, 1, static_cast<int>(left / 1'000'000) + 1);
  }
  awaited_.reset();
  return std::move(awaited_answer_);
}

}  // namespace socle::cell
