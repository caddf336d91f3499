// The adapters under test: the real plugin on a fake host, the store on memory, and the model.
#include "adapter.hpp"

#include <socle/testing.hpp>

#include <catch2/catch.hpp>

#include "ids.hpp"
#include "store/committer.hpp"
#include "store/read.hpp"
#include "support/memory_kv.hpp"
#include "support/memory_store.hpp"
#include "support/temp_dir.hpp"

namespace contract {
namespace {

using namespace socle::storage;

constexpr std::pair<std::string_view, Method> methods[] = {{"get", Method::get},
                                                           {"query", Method::query},
                                                           {"changes", Method::changes},
                                                           {"describe", Method::describe},
                                                           {"usage", Method::usage},
                                                           {"plan", Method::plan},
                                                           {"write", Method::write},
                                                           {"declare", Method::declare},
                                                           {"migrate", Method::migrate},
                                                           {"erase", Method::erase},
                                                           {"outbox_read", Method::outbox_read},
                                                           {"outbox_remove", Method::outbox_remove}};

Method method_of(std::string_view name) {
  for (const auto& [text, method] : methods)
    if (text == name) return method;
  throw std::runtime_error("no method " + std::string(name));
}

void read_fields(Reply& reply) {
  auto parsed =
      socle::json::Document::parse(reply.text.empty() ? std::string_view("null") : std::string_view(reply.text));
  if (!parsed) throw std::runtime_error("not JSON: " + reply.text);
  reply.doc = std::move(*parsed);
  reply.pointer = reply.ok ? "" : std::string(reply.root().at(0).find("pointer").as_string());
}

Reply from_answer(Answer&& answer) {
  Reply out;
  out.ok = !answer.failed;
  out.status = answer.failed ? std::string(to_string(answer.problem.code)) : "";
  out.code = answer.problem.stable;
  out.message = answer.problem.message;
  out.text = answer.failed ? answer.problem.fields : answer.text;
  for (const auto& [key, value] : answer.meta) {
    if (key == "version") out.etag = "\"" + value + "\"";
    if (key == "replayed") out.replayed = true;
  }
  read_fields(out);
  return out;
}

socle::json::Document parse(std::string_view request) {
  auto parsed = socle::json::Document::parse(request);
  if (!parsed) throw std::runtime_error(parsed.error().message + " in " + std::string(request));
  return std::move(*parsed);
}

class Model final : public Adapter {
 public:
  Reply call(std::string_view method, std::string_view request, std::string_view tenant,
             std::string_view context_key) override {
    const auto doc = parse(request);
    return from_answer(store_.call(tenant, method_of(method), doc.root(), context_key));
  }
  void advance(std::chrono::milliseconds time) override { store_.advance(time.count()); }

 private:
  MemoryStore store_;
};

// The store itself, one call at a time, on memory: what sanitizers see through. Cold: every read goes the long way.
class OnMemory final : public Adapter {
 public:
  explicit OnMemory(bool cold) {
    kv_.set_cold(cold);
    settings_.backfill_slice = 3;
    open();
  }
  Reply call(std::string_view method, std::string_view request, std::string_view tenant,
             std::string_view context_key) override {
    const auto doc = parse(request);
    Call call;
    call.method = method_of(method);
    call.tenant = tenant;
    call.request = doc.root();
    if (!is_change(call.method)) {
      auto answer = read(*state_, call, Reach::cached, &schemas_);
      if (!answer) answer = read(*state_, call, Reach::any, nullptr);
      return from_answer(std::move(*answer));
    }
    if (call.method == Method::write) {
      ids_.set_time(now_ms_);
      auto parsed = parse_write(call.request, context_key, {}, ids_);
      if (!parsed) return from_answer(Answer(std::move(parsed).problem()));
      call.write = std::move(*parsed);
    }
    Call* calls[] = {&call};
    committer_->commit(calls, now_ms_);
    while (committer_->background(now_ms_)) {}
    return from_answer(std::move(call.answer));
  }
  void advance(std::chrono::milliseconds time) override {
    now_ms_ += time.count();
    while (committer_->background(now_ms_)) {}
  }
  bool reopen() override {
    open();
    return true;
  }

 private:
  void open() {
    state_ = std::make_unique<State>(kv_, settings_);
    committer_ = std::make_unique<Committer>(*state_);
    schemas_ = {};
    if (auto opened = committer_->open(now_ms_); !opened) throw std::runtime_error(opened.error().message);
  }

  MemoryKv kv_;
  Settings settings_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Committer> committer_;
  SchemaCache schemas_;
  Uuid7Source ids_;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

#ifdef STORAGE_LIBRARY
// The plugin's own entry points, loaded from its shared library.
class Plugin final : public Adapter {
 public:
  Plugin() { open(); }
  Reply call(std::string_view method, std::string_view request, std::string_view tenant,
             std::string_view context_key) override {
    socle::testing::Ask ask;
    ask.text = request;
    ask.context.tenant = tenant;
    ask.context.idempotency_key = context_key;
    const socle::Reply reply = plugin_->ask(method, ask);
    Reply out;
    out.ok = reply.ok();
    if (!out.ok) {
      out.status = to_string(reply.code());
      out.code = reply.error_code();
      out.message = reply.message();
    }
    out.text = reply.text();
    out.etag = reply.meta("etag");
    out.replayed = reply.meta("replayed") == "true";
    read_fields(out);
    return out;
  }
  void advance(std::chrono::milliseconds time) override {
    // Hours pass in one step for the store's clock; what it does about it, it does at its next second.
    host_.advance(time);
    host_.advance(std::chrono::seconds(2));
  }
  bool reopen() override {
    plugin_.reset();
    open();
    return true;
  }

 private:
  void open() {
    plugin_ = std::make_unique<socle::testing::TestedPlugin>(host_, STORAGE_LIBRARY,
                                                             R"({"directory":")" + directory_ / "db" + R"("})");
    if (!plugin_->created()) throw std::runtime_error(std::string(plugin_->created().message()));
    if (auto started = plugin_->start(); !started) throw std::runtime_error(std::string(started.message()));
  }
  socle::testing::TempDir directory_;
  socle::testing::FakeHost host_;
  std::unique_ptr<socle::testing::TestedPlugin> plugin_;
};
#endif

}  // namespace

const std::vector<Maker>& adapters() {
  static const std::vector<Maker> all = {
      {"model", [] { return std::make_unique<Model>(); }},
      {"store on memory", [] { return std::make_unique<OnMemory>(false); }},
      {"store on cold memory", [] { return std::make_unique<OnMemory>(true); }},
#ifdef STORAGE_LIBRARY
      {"storage-rocksdb", [] { return std::make_unique<Plugin>(); }},
#endif
  };
  return all;
}

std::string ids_of(const Reply& reply) {
  std::string out;
  for (const auto item : reply.root().find("items").elements()) {
    if (!out.empty()) out.push_back(' ');
    out.append(item.is_null() ? "-" : item.find("id").as_string());
  }
  return out;
}

void declare(Adapter& store, std::string_view collection, std::string_view indexes) {
  const Reply reply = store.call(
      "declare", R"({"collection":")" + std::string(collection) + R"(","indexes":)" + std::string(indexes) + "}");
  INFO(reply.message);
  REQUIRE(reply.ok);
}

Reply put(Adapter& store, std::string_view collection, std::string_view id, std::string_view doc,
          std::string_view expect) {
  return store.call("write", R"({"operations":[{"op":"put","collection":")" + std::string(collection) + R"(","id":")" +
                                 std::string(id) + R"(","doc":)" + std::string(doc) + R"(,"expect":)" +
                                 std::string(expect) + "}]}");
}

}  // namespace contract
