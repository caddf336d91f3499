// tag_heap.hpp: flows by start tag, the smallest on top. A flow knows its place, so that it can be moved when its tag
// changes. One worker's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sched/flow.hpp"

namespace socle::sched {

class TagHeap {
 public:
  [[nodiscard]] bool empty() const { return flows_.size() == 1; }
  // REQUIRES: not empty.
  [[nodiscard]] Flow& top() const { return *flows_[1]; }
  // REQUIRES: it is in no heap.
  void insert(Flow& flow) {
    flow.place = static_cast<uint32_t>(flows_.size());
    flows_.push_back(&flow);
    sift(flow.place);
  }
  // REQUIRES: it is in this heap.
  void remove(Flow& flow) {
    const uint32_t hole = flow.place;
    flow.place = 0;
    Flow* last = flows_.back();
    flows_.pop_back();
    if (last == &flow) return;
    flows_[hole] = last;
    last->place = hole;
    sift(hole);
  }
  // Its tag has changed. REQUIRES: it is in this heap.
  void moved(const Flow& flow) { sift(flow.place); }

 private:
  void put(Flow* flow, uint32_t at) {
    flows_[at] = flow;
    flow->place = at;
  }
  // Moves the flow at `place` up or down to where its tag belongs.
  void sift(uint32_t place) {
    Flow* f = flows_[place];
    while (place > 1 && f->start < flows_[place / 2]->start) {
      put(flows_[place / 2], place);
      place /= 2;
    }
    for (;;) {
      size_t child = size_t{place} * 2;
      if (child >= flows_.size()) break;
      if (child + 1 < flows_.size() && flows_[child + 1]->start < flows_[child]->start) ++child;
      if (f->start <= flows_[child]->start) break;
      put(flows_[child], place);
      place = static_cast<uint32_t>(child);
    }
    put(f, place);
  }

  std::vector<Flow*> flows_{nullptr};  // place 0 is unused
};

}  // namespace socle::sched
