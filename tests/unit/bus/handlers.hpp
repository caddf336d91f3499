// handlers.hpp: handlers that answer at once and later.
#pragma once

#include <functional>
#include <string_view>

#include "unit/bus/fixture.hpp"

namespace socle::bus::test {

inline Handler echo() {
  return
      [](const socle_call& call, socle_reply& reply, Generation&) { return answer(reply, view(call.payload->text)); };
}

// Answers after `turns` trips through the run queue.
inline Handler later(int turns, std::function<void(Generation&, uint64_t)> finish) {
  return [turns, finish](const socle_call& call, socle_reply&, Generation& g) -> socle_status {
    struct Step {
      Generation& g;
      uint64_t token;
      int left;
      std::function<void(Generation&, uint64_t)> finish;
    };
    g.defer(
        &g,
        [](void* user, socle_status) {
          auto* s = static_cast<Step*>(user);
          if (--s->left > 0) {
            s->g.defer(
                &s->g,
                [](void* u, socle_status) {
                  auto* t = static_cast<Step*>(u);
                  t->finish(t->g, t->token);
                  delete t;
                },
                s);
            return;
          }
          s->finish(s->g, s->token);
          delete s;
        },
        new Step{g, call.token, turns, finish});
    return SOCLE_PENDING;
  };
}

inline void complete_with(Generation& g, uint64_t token, std::string_view text) {
  const socle_reply reply{sizeof(socle_reply), SOCLE_OK, Payload::make(text, SOCLE_MEDIA_TEXT, {})};
  g.complete(&g, token, &reply);
}

}  // namespace socle::bus::test
