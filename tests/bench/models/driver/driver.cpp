// driver.cpp: inside a kernel, many tenants' models: fill() publishes one a tenant, touch() resolves each once and
// times it, in random order, or evaluates it where the models are rulesets; one() resolves one tenant's, which the path
// names, for who asks over HTTP: a listener stands for one tenant, so that is how requests for 100,000 of them come in.
// Tenants are called t0, t1, …. fill() and touch() run on worker 0, where the control socket's calls run.
#include <algorithm>
#include <numeric>
#include <random>
#include <socle/json.hpp>
#include <socle/plugin.hpp>
#include <vector>

namespace json = socle::json;
using socle::Payload;
using socle::Reply;
using socle::Request;
using socle::Task;

class Driver : public socle::Plugin {
 public:
  explicit Driver(socle::Host& host)
      : host_(host),
        import_(host.target("models/1", "import")),
        resolve_(host.target("models/1", "resolve")),
        evaluate_(host.target("rules/1", "evaluate")) {}

  // {"count": N, "rulesets": B}: N tenants, 32 at a time.
  Task<Reply> fill(Request request) {
    const std::uint64_t count = number(request, "count");
    State state(count);
    state.rulesets = flag(request, "rulesets");
    const std::uint64_t lanes = std::min<std::uint64_t>(32, count);
    state.lanes = lanes;
    for (std::uint64_t i = 0; i < lanes; ++i) host_.spawn(fill_lane(&state), socle::Ends::at_stop);
    co_await state.done;
    std::string text;
    json::Writer(text).begin_object().member("published", state.good).member("failure", state.failure).end_object();
    co_return Reply::json(text);
  }

  // {"count": N, "rulesets": B}: microseconds of each, as quantiles. Another order each time.
  Task<Reply> touch(Request request) {
    const std::uint64_t count = number(request, "count");
    const bool rulesets = flag(request, "rulesets");
    const socle::Target& asked = rulesets ? evaluate_ : resolve_;
    const socle::Meta name{{"kind", "rules"}, {"name", "loan"}};
    const Payload question = rulesets ? Payload::json(R"({"input":{"income":7}})", {{"ruleset", "loan"}})
                                      : Payload::make({}, socle::Media::none, name);
    std::vector<double> micros;
    micros.reserve(count);
    std::uint64_t failed = 0;
    std::vector<std::uint64_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(++touches_));
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto context = host_.act_as("t" + std::to_string(order[i]), "benchmark", std::chrono::seconds(10));
      if (!context) co_return Reply(context.error());
      const socle::Instant begun = host_.now();
      const Reply reply = co_await host_.call(context->view(), asked, question);
      micros.push_back(static_cast<double>((host_.now() - begun).count()) / 1000);
      failed += reply.ok() ? 0 : 1;
      if (i % 64 == 63) static_cast<void>(co_await host_.yield());
    }
    std::sort(micros.begin(), micros.end());
    const auto at = [&](double share) {
      return micros[static_cast<std::size_t>(static_cast<double>(count - 1) * share)];
    };
    std::string text;
    json::Writer out(text);
    out.begin_object().member("failed", failed).member("p50", at(0.5)).member("p99", at(0.99)).member("max", at(1));
    out.end_object();
    co_return Reply::json(text);
  }

  Task<Reply> one(Request request) {
    const auto context = host_.act_as("t" + std::string(request.param("n")), "benchmark", std::chrono::seconds(10));
    if (!context) co_return Reply(context.error());
    const socle::Meta meta{{"kind", "rules"}, {"name", "loan"}};
    co_return co_await host_.call(context->view(), resolve_, Payload::make({}, socle::Media::none, meta));
  }

 private:
  struct State {
    std::uint64_t count;
    std::uint64_t next = 0, good = 0;
    std::uint64_t lanes = 0;
    bool rulesets = false;
    std::string failure{};
    socle::Completion<bool> done{};
    explicit State(std::uint64_t tenants) : count(tenants) {}
  };
  static std::uint64_t number(Request request, std::string_view name) {
    const auto body = json::Document::parse(request.text());
    return body ? body->root().find(name).as_uint64().value_or(1) : 1;
  }
  static bool flag(Request request, std::string_view name) {
    const auto body = json::Document::parse(request.text());
    return body && body->root().find(name).as_bool();
  }
  // Another content for each tenant, so that nothing is shared.
  static std::string model(const std::string& number, bool ruleset) {
    std::string text = R"(rules: loan\ninput: {type: object, required: [income], )"
                       R"(properties: {income: {type: number}}}\n)";
    if (ruleset)
      text +=
          R"(steps: [{table: band, hit: F, inputs: [{expr: input.income, type: number}], outputs: [{type: integer}], )"
          R"(rows: [['< 1000', '0'], ['[1000..5000)', '1'], ['-', '2']]}]\noutput: {value: ')" +
          number + R"( + band'}\n)";
    else
      text += "output: {limit: " + number + R"(}\n)";
    return text;
  }
  Task<void> fill_lane(State* state) {
    while (state->next < state->count && state->failure.empty()) {
      const std::string number = std::to_string(state->next++);
      const std::string body =
          R"({"items":[{"kind":"rules","name":"loan","text":")" + model(number, state->rulesets) + R"("}]})";
      const auto context = host_.act_as("t" + number, "benchmark", std::chrono::seconds(60));
      if (!context) {
        state->failure = context.error().message;
        break;
      }
      const Reply reply = co_await host_.call(context->view(), import_, Payload::json(body));
      const auto answer = json::Document::parse(reply.text());
      if (reply.ok() && answer && answer->root().find("applied").as_uint64() == 1) {
        ++state->good;
      } else {
        state->failure = std::string(reply.message()) + std::string(reply.text());
      }
    }
    if (--state->lanes == 0) state->done.set_here(true);
  }

  socle::Host& host_;
  socle::Target import_, resolve_, evaluate_;
  std::uint32_t touches_ = 0;
};

SOCLE_PLUGIN(Driver, socle::service("models-driver", 1)
                         .method("fill", &Driver::fill)
                         .method("touch", &Driver::touch)
                         .method("one", &Driver::one))
