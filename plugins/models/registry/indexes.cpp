#include "registry/indexes.hpp"

#include <algorithm>

namespace socle::models {
namespace {

constexpr std::size_t max_failures = 10;

json::View indexes_of(json::View collections, std::string_view name) {
  for (const json::View c : collections.elements())
    if (c.find("collection").as_string() == name) return c.find("indexes");
  return {};
}

bool has_index(json::View indexes, std::string_view name) {
  for (const json::View index : indexes.elements())
    if (index.find("name").as_string() == name) return true;
  return false;
}

// The declaration of a collection with the indexes of both; those of `wanted` win by name.
std::string declaration(std::string_view collection, json::View wanted, json::View kept) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", collection).key("indexes").begin_array();
  for (const json::View index : wanted.elements()) out.value(index);
  for (const json::View index : kept.elements())
    if (!has_index(wanted, index.find("name").as_string())) out.value(index);
  out.end_array().end_object();
  return text;
}

// Adds what `described` says of the indexes that `wanted` names; the worst state of them is the answer's.
void judge(Grown& grown, json::View described, json::View wanted, std::size_t& told, json::Writer& failures) {
  for (const json::View index : described.find("indexes").elements()) {
    const std::string_view name = index.find("definition").find("name").as_string();
    const std::string_view state = index.find("state").as_string();
    if (!has_index(wanted, name) || state == "ready") continue;
    if (state == "building") {
      if (grown.readiness == Readiness::ready) grown.readiness = Readiness::building;
      continue;
    }
    grown.readiness = Readiness::failed;
    const bool unique = index.find("definition").find("unique").as_bool();
    for (const json::View f : index.find("failure").elements()) {
      if (told++ >= max_failures) break;
      failures.begin_object().member("pointer", unique ? "/unique" : "/index").member("code", f.find("code"));
      failures.member("message", f.find("message")).key("params").begin_object();
      failures.member("index", name).member("id", f.find("id")).end_object().end_object();
    }
  }
}

}  // namespace

Indexes::Indexes(Host& host)
    : host_(host), declare_(host.target("storage/1", "declare")), describe_(host.target("storage/1", "describe")) {}

Task<Reply> Indexes::declare(Context context, std::string_view collection, json::View indexes, json::View kept) {
  const std::string body = declaration(collection, indexes, kept);
  co_return co_await host_.call(context, declare_, Payload::json(body));
}

Task<Got<Grown>> Indexes::check(Context context, json::View wanted) {
  Grown grown;
  std::string failures;
  json::Writer out(failures);
  out.begin_array();
  std::size_t told = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::string body;
    json::Writer(body).begin_object().member("collection", wanted.at(i).find("collection")).end_object();
    const Reply reply = co_await host_.call(context, describe_, Payload::json(body));
    if (!reply) co_return reply;
    const auto described = json::Document::parse(reply.text());
    if (!described) co_return Reply(described.error());
    judge(grown, described->root(), wanted.at(i).find("indexes"), told, out);
  }
  out.end_array();
  grown.failures = std::move(failures);
  co_return grown;
}

Task<Got<Grown>> Indexes::grow(Context context, json::View kept, json::View wanted, Duration patience) {
  std::string plan("[");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string name(wanted.at(i).find("collection").as_string());
    const Reply reply = co_await declare(context, name, wanted.at(i).find("indexes"), indexes_of(kept, name));
    if (!reply) co_return reply;
    const auto declared = json::Document::parse(reply.text());
    if (!declared) co_return Reply(declared.error());
    if (plan.size() > 1) plan += ',';
    json::Writer(plan)
        .begin_object()
        .member("collection", name)
        .member("steps", declared->root().find("applied"))
        .end_object();
  }
  plan += ']';
  const Instant end = host_.now() + patience;
  for (Duration pause = std::chrono::milliseconds(2);;
       pause = std::min<Duration>(pause * 2, std::chrono::milliseconds(100))) {
    auto grown = co_await check(context, wanted);
    if (!grown) co_return std::move(grown).problem();
    grown->plan = plan;
    if (grown->readiness == Readiness::failed) {
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const std::string name(wanted.at(i).find("collection").as_string());
        static_cast<void>(co_await declare(context, name, indexes_of(kept, name), json::View()));
      }
    }
    if (grown->readiness != Readiness::building || host_.now() + pause > end) co_return std::move(*grown);
    if (auto slept = co_await host_.sleep(pause); !slept) co_return Reply(slept.error());
  }
}

Task<Status> Indexes::settle(Context context, json::View wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string name(wanted.at(i).find("collection").as_string());
    const Reply reply = co_await declare(context, name, wanted.at(i).find("indexes"), json::View());
    if (!reply) co_return reply.error();
  }
  co_return Status();
}

}  // namespace socle::models
