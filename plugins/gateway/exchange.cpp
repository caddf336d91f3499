// exchange.cpp: see exchange.hpp.
#include "exchange.hpp"

#include <functional>

namespace socle::gateway {

void Exchange::own_head() {
  const std::string_view old{head.base, head.size};
  if (old.data() == head_copy.data()) return;
  head_copy.assign(old);
  head.base = head_copy.data();
  const auto move = [&](std::string_view& view) {
    const std::less_equal<> before;
    if (!view.data() || !before(old.data(), view.data()) || !before(view.data(), old.data() + old.size())) return;
    view = {head_copy.data() + (view.data() - old.data()), view.size()};
  };
  move(target.path);
  move(target.query);
  move(idempotency_key);
  for (std::string_view& value : match.values) move(value);
  params.each_view(move);
}

void Exchange::clear() {
  context.reset();
  identity = Identity();
  identity_reply.reset();
  payload.reset();
  reply.reset();
  catalog.reset();
  params.clear();
  writer.reset();
  chunks.reset();
  stream = Stream();
  target = Target();
  match = Match();
  head.field_count = 0;
  head.base = nullptr;
  head.framing = Framing();
  head_copy.clear();
  reply_text.clear();
  identity_refused = false;
  denied_as.clear();
  rate_lines.clear();
  trace_hex.clear();
  request_id.clear();
  idempotency_key = {};
  body_bytes = nullptr;
  body_size = 0;
  chunk_bytes = nullptr;
  body_room = 0;
  waits_since = 0;
  waited = 0;
  method = Method::other;
  keep_alive = true;
  status = 0;
}

}  // namespace socle::gateway
