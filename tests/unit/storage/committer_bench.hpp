// committer_bench.hpp: a Committer alone on memory, so that a test chooses every interleaving. One thread.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "ids.hpp"
#include "socle/json/document.hpp"
#include "store/committer.hpp"
#include "store/read.hpp"
#include "support/memory_kv.hpp"

namespace socle::storage {

class Bench {
 public:
  Bench() {
    settings.backfill_slice = 4;
    reopen();
  }
  void reopen() {
    state = std::make_unique<State>(kv, settings);
    committer = std::make_unique<Committer>(*state);
    REQUIRE(committer->open(now));
  }
  Answer call(Method method, const std::string& request) {
    auto doc = socle::json::Document::parse(request);
    REQUIRE(doc);
    Call call;
    call.method = method;
    call.tenant = tenant;
    call.request = doc->root();
    if (!is_change(method)) return std::move(*read(*state, call, Reach::any, nullptr));
    if (method == Method::write) {
      auto parsed = parse_write(call.request, {}, {}, ids);
      REQUIRE(parsed);
      call.write = std::move(*parsed);
    }
    Call* calls[] = {&call};
    committer->commit(calls, now);
    return std::move(call.answer);
  }
  Answer put(const std::string& id, const std::string& doc) {
    return call(Method::write,
                R"({"operations":[{"op":"put","collection":"x","id":")" + id + R"(","doc":)" + doc + "}]}");
  }
  std::string state_of_index() {
    auto doc = socle::json::Document::parse(call(Method::describe, R"({"collection":"x"})").text);
    return std::string(doc->root().find("indexes").at(0).find("state").as_string());
  }
  // How many there are; a cursor meets more.
  std::size_t keys(Space space) {
    const std::string prefix = key_of(space);
    const auto cursor = kv.cursor(prefix, after_prefix(prefix), Reach::any);
    std::size_t count = 0;
    std::string value;
    for (cursor->seek(prefix); cursor->valid(); cursor->next())
      count += *kv.get(cursor->key(), value, Reach::any) == Read::found ? 1 : 0;
    return count;
  }
  void finish_background() {
    for (int i = 0; i < 1000 && committer->background(now); ++i) {}
  }

  std::string tenant = "acme";
  MemoryKv kv;
  Settings settings;
  std::int64_t now = 1'700'000'000'000;
  std::unique_ptr<State> state;
  std::unique_ptr<Committer> committer;
  Uuid7Source ids;
};

}  // namespace socle::storage
