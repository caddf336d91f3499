// attachments.cpp: see the header.
#include "service/attachments.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "logic/messages.hpp"
#include "records/named.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

struct Mention {
  std::string pointer;
  const Attachment* rule = nullptr;
};
using Mentions = std::map<std::string, Mention, std::less<>>;

Mentions mentions_in(const Form& form, json::View doc) {
  Mentions out;
  for (const auto& logic : form.logic()) {
    if (!logic.attachment) continue;
    for (auto& one : named_in(form.fields(), logic.field, doc))
      out.emplace(one.id, Mention{std::move(one.pointer), &*logic.attachment});
  }
  return out;
}

bool taken(const std::vector<std::string>& types, std::string_view type) {
  return types.empty() || std::any_of(types.begin(), types.end(), [&](std::string_view one) {
           return one == type || one == "*/*" ||
                  (one.ends_with("/*") && type.starts_with(one.substr(0, one.size() - 1)));
         });
}

}  // namespace

Task<Got<Held>> Attachments::hold(Request request, const Form& form, std::string id, json::View doc, json::View old,
                                  Language language) {
  Held out;
  const auto now = mentions_in(form, doc);
  const auto before = mentions_in(form, old);
  std::vector<std::pair<std::string_view, const Mention*>> added;
  std::string text;
  json::Writer ask(text);
  ask.begin_object().member("holder", "forms/" + form.name() + "/" + id).key("add").begin_array();
  for (const auto& [file, mention] : now)
    if (!before.contains(file)) {
      added.emplace_back(file, &mention);
      ask.string(file);
    }
  ask.end_array().key("drop").begin_array();
  bool dropped = false;
  for (const auto& [file, mention] : before)
    if (!now.contains(file)) {
      dropped = true;
      ask.string(file);
    }
  ask.end_array().end_object();
  if (added.empty() && !dropped) co_return std::move(out);
  const Reply reply = co_await host_.call(request, attach_, Payload::json(text));
  if (!reply) co_return reply;
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "blob/1 answered no JSON");
  std::size_t i = 0;
  for (const auto file : answer->root().find("files").elements()) {
    if (i == added.size()) break;
    const auto& mention = *added[i++].second;
    const auto type = file.find("type").as_string();
    const auto size = file.find("size").as_uint64().value_or(0);
    std::string_view code;
    if (!file.is_object())
      code = "attachment";
    else if (!taken(mention.rule->types, type))
      code = "attachment_type";
    else if (mention.rule->size != 0 && size > mention.rule->size)
      code = "attachment_size";
    if (code.empty()) continue;
    const auto shown = code == "attachment_type" ? std::string(type) : std::to_string(size);
    out.errors.push_back({mention.pointer, std::string(code), attachment_message(code, shown, language), {}});
  }
  for (const auto one : answer->root().find("operations").elements()) {
    out.operations += ',';
    json::append_text(out.operations, one);
    ++out.count;
  }
  co_return std::move(out);
}

std::string uuid7(std::int64_t seconds, std::uint32_t nanos) {
  std::random_device source;
  const auto random = [&] { return std::uint64_t{source()} << 32 | source(); };
  const auto milliseconds = static_cast<std::uint64_t>(seconds) * 1000 + nanos / 1'000'000;
  const std::array<std::uint64_t, 2> halves{milliseconds << 16 | 0x7000 | (random() & 0xFFF),
                                            (random() & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000};
  std::string out;
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 15];
  }
  return out;
}

}  // namespace socle::forms
