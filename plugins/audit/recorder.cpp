#include "recorder.hpp"

#include <socle/json/writer.hpp>

namespace socle::audit {
namespace {

constexpr std::size_t most_events = 100;

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  return to_hex({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace

Task<Reply> Recorder::record(Request request) {
  const auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "bad_json", body.error().message);
  const json::View many = body->root().find("events");
  const std::size_t count = many.exists() ? many.size() : 1;
  if (count == 0 || count > most_events || (many.exists() && !many.is_array()))
    co_return Reply::error(Code::invalid, "bad_events", "\"events\" is an array of 1 to 100 events");
  const Actor actor{std::string(request.tenant()), std::string(request.principal()),
                    hex(request.context().trace_id(), 16)};
  std::string text = R"({"operations":[],"durability":"sync","outbox":[)";
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = event_text(many.exists() ? many.at(i) : body->root(), actor, host_.now_utc().count());
    if (!entry)
      co_return Reply::error(Code::invalid, "bad_event",
                             "event " + std::to_string(i) + " needs \"operation\" (1 to 64 bytes) and at most 16 KiB");
    text.append(i > 0 ? "," : "").append(R"({"topic":"audit","entry":)").append(*entry).append("}");
  }
  text += "]}";
  const auto own = house_.get();
  if (!own) co_return Reply(own.error());
  Reply written = co_await host_.call((*own)->view(), write_, Payload::json(text));
  if (!written) co_return written;
  co_return Reply::json("{\"recorded\":" + std::to_string(count) + "}");
}

}  // namespace socle::audit
