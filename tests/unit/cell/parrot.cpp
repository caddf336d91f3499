// parrot.cpp: a plugin on the bare ABI whose methods do what a test wants to see cross the ring.
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "built_in.hpp"
#include "socle/memory_error.hpp"

namespace socle::cell::test {
namespace {

enum Method : uint32_t {
  echo,
  who,
  crash,
  crash_once,
  later,
  ask,
  ask_held,
  spin,
  keep,
  background,
  plan,
  say,
  cancelled,
  publish,
  shout,
  spin_later,
  burn,
  burn_later,
  pressure,
  make,
  make_aside,
  arena,
  spin_aside,
  arena_and_make,
  hold
};
constexpr std::array<std::string_view, 25> names{"echo",       "who",      "crash",      "crash_once",     "later",
                                                 "ask",        "ask_held", "spin",       "keep",           "background",
                                                 "plan",       "say",      "cancelled",  "publish",        "shout",
                                                 "spin_later", "burn",     "burn_later", "pressure",       "make",
                                                 "make_aside", "arena",    "spin_aside", "arena_and_make", "hold"};

struct Parrot {
  const socle_host* host = nullptr;
  std::map<std::string, uint32_t> targets;
  std::vector<socle_payload*> kept;
  uint64_t started = 0;
};

std::string_view view(socle_str s) { return {s.data, s.size}; }
socle_str str(std::string_view s) { return {s.data(), s.size()}; }

void answer(Parrot& p, socle_reply* reply, socle_status status, std::string_view text) {
  *reply = {sizeof *reply, status, p.host->payload_new(p.host, str(text), SOCLE_MEDIA_TEXT, nullptr, 0)};
}

// As the SDK says it; `cap`: what memory_refused() said.
socle_status refused(Parrot& p, socle_reply* reply, std::int64_t cap) {
  const socle::Error why = socle::memory_error(cap);
  const std::array<socle_pair, 2> meta{socle_pair{str("code"), str(to_string(why.code))},
                                       socle_pair{str("message"), str(why.message)}};
  *reply = {sizeof *reply, static_cast<socle_status>(why.code),
            p.host->payload_new(p.host, {nullptr, 0}, SOCLE_MEDIA_NONE, meta.data(), meta.size())};
  return reply->status;
}
socle_status refused(Parrot& p, socle_reply* reply) { return refused(p, reply, p.host->memory_refused(p.host)); }

// Of as many bytes as the text says; NULL: refused.
socle_payload* made_of(const Parrot& p, std::string_view text) {
  const std::string bytes(std::strtoul(std::string(text).c_str(), nullptr, 10), 'x');
  return p.host->payload_new(p.host, str(bytes), SOCLE_MEDIA_TEXT, nullptr, 0);
}

struct Aside {
  Parrot* parrot;
  uint64_t token;
  std::string text;
  socle_payload* made = nullptr;
  std::int64_t refused_by = 0;
};

struct Pending {
  Parrot* parrot;
  uint64_t token;
  const socle_context* context;
};

void complete_with(Pending* held, const socle_reply* reply) {
  held->parrot->host->complete(held->parrot->host, held->token, reply);
  delete held;
}

void burn_for(std::string_view ms) {
  timespec now{};
  const auto cpu = [&now] {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000L + now.tv_nsec;
  };
  for (const long until = cpu() + std::atol(std::string(ms).c_str()) * 1'000'000L; cpu() < until;) {}
}

// The method whose name is the text, of service peer/1, with the text as its payload.
socle_status forward(Parrot& p, const socle_call& call, const socle_context* context, socle_reply* reply) {
  const std::string method(view(call.payload->text));
  if (!p.targets.contains(method)) {
    uint32_t target = 0;
    const socle_status status = p.host->resolve(p.host, str("peer/1"), str(method), &target);
    if (status != SOCLE_OK) return answer(p, reply, status, "not resolved"), status;
    p.targets[method] = target;
  }
  auto* held = new Pending{&p, call.token, context};
  const socle_status status = p.host->call(
      p.host, context, p.targets[method], call.payload, nullptr, reply,
      [](void* user, const socle_reply* r) { complete_with(static_cast<Pending*>(user), r); }, held);
  if (status != SOCLE_PENDING) delete held;
  return status;
}

socle_status handle(void* instance, const socle_call* call, socle_reply* reply) {
  Parrot& p = *static_cast<Parrot*>(instance);
  const socle_host* h = p.host;
  *reply = {sizeof *reply, SOCLE_OK, nullptr};
  const std::string_view text = view(call->payload->text);
  switch (call->method) {
    case SOCLE_HOOK_START: ++p.started; return SOCLE_OK;
    case SOCLE_HOOK_EXPORT: return answer(p, reply, SOCLE_OK, "state"), SOCLE_OK;
    case echo:
      h->payload_retain(h, call->payload);
      reply->payload = call->payload;
      return SOCLE_OK;
    case who: {
      std::string all = std::string(view(call->context->tenant)) + "|" + std::string(view(call->context->principal)) +
                        "|" + std::string(view(call->context->claims)) + "|" +
                        std::string(view(call->context->idempotency_key)) + "|" +
                        std::string(view(call->context->lane));
      for (uint32_t i = 0; i < call->context->key_count; ++i)
        all +=
            "|" + std::string(view(call->context->keys[i].key)) + "=" + std::string(view(call->context->keys[i].value));
      answer(p, reply, SOCLE_OK, all);
      return SOCLE_OK;
    }
    case crash: std::raise(SIGKILL); return SOCLE_INTERNAL;
    case crash_once:  // the file is there: die, and take it away
      if (unlink(std::string(text).c_str()) == 0) std::raise(SIGKILL);
      answer(p, reply, SOCLE_OK, "survived");
      return SOCLE_OK;
    case later:
      h->timer_start(
          h, 1'000'000,
          [](void* user, socle_status) {
            auto* held = static_cast<Pending*>(user);
            socle_reply r{sizeof r, SOCLE_OK, nullptr};
            answer(*held->parrot, &r, SOCLE_OK, "later");
            complete_with(held, &r);
          },
          new Pending{&p, call->token, call->context});
      return SOCLE_PENDING;
    case ask: return forward(p, *call, call->context, reply);
    case spin:
      for (volatile bool on = true; on;) {}
      return SOCLE_OK;
    case keep:
      h->payload_retain(h, call->payload);
      p.kept.push_back(call->payload);
      answer(p, reply, SOCLE_OK, std::to_string(p.kept.size()) + " " + std::string(view(p.kept.front()->text)));
      return SOCLE_OK;
    case ask_held:  // answers at once, then calls under the context it kept
      h->context_retain(h, call->context);
      h->payload_retain(h, call->payload);
      h->timer_start(
          h, 1'000'000,
          [](void* user, socle_status) {
            auto* held = static_cast<std::pair<Parrot*, std::pair<const socle_context*, socle_payload*>>*>(user);
            Parrot& q = *held->first;
            const socle_host* host = q.host;
            const auto [context, payload] = held->second;
            uint32_t target = 0;
            host->resolve(host, str("peer/1"), str("note"), &target);
            socle_reply r{sizeof r, SOCLE_OK, nullptr};
            host->call(
                host, context, target, payload, nullptr, &r,
                [](void* h2, const socle_reply* got) {
                  static_cast<const socle_host*>(h2)->payload_release(static_cast<const socle_host*>(h2), got->payload);
                },
                const_cast<socle_host*>(host));
            host->context_release(host, context);
            host->payload_release(host, payload);
            delete held;
          },
          new std::pair<Parrot*, std::pair<const socle_context*, socle_payload*>>{&p, {call->context, call->payload}});
      return SOCLE_OK;
    case background: {
      const socle_context* own = h->context_act_as(h, str(text), str("a test"), INT64_MAX);
      if (own == nullptr) return answer(p, reply, SOCLE_DENIED, "act_as denied"), SOCLE_DENIED;
      uint32_t target = 0;
      h->resolve(h, str("peer/1"), str("note"), &target);
      auto* held = new Pending{&p, call->token, own};
      const socle_status status = h->call(
          h, own, target, call->payload, nullptr, reply,
          [](void* user, const socle_reply* r) {
            auto* q = static_cast<Pending*>(user);
            q->parrot->host->context_release(q->parrot->host, q->context);
            complete_with(q, r);
          },
          held);
      return status;
    }
    case plan: answer(p, reply, SOCLE_OK, std::to_string(h->limit(h, call->context, str(text)))); return SOCLE_OK;
    case say: {
      const socle_pair field{str("colour"), str("green")};
      h->log(h, SOCLE_LOG_WARN, call->context, str("a parrot speaks"), &field, 1);
      h->observe(h, h->metric(h, str("parrot_words_total"), SOCLE_METRIC_COUNTER, str("words")), 3);
      h->meter(h, call->context, str("words"), 2);
      socle_payload* routes = h->catalog(h, str("routes"));
      answer(p, reply, SOCLE_OK, routes == nullptr ? "no catalogue" : view(routes->text));
      h->payload_release(h, routes);
      return SOCLE_OK;
    }
    case burn: burn_for(text); return SOCLE_OK;  // ms of CPU
    case burn_later:                             // the same, after the call's own turn
      h->context_retain(h, call->context);
      h->timer_start(
          h, 1'000'000,
          [](void* user, socle_status) {
            auto* held = static_cast<Pending*>(user);
            burn_for("20");
            const socle_host* host = held->parrot->host;
            const socle_context* context = held->context;
            socle_reply r{sizeof r, SOCLE_OK, nullptr};
            complete_with(held, &r);
            host->context_release(host, context);
          },
          new Pending{&p, call->token, call->context});
      return SOCLE_PENDING;
    case pressure: answer(p, reply, SOCLE_OK, std::to_string(h->pressure(h, call->context))); return SOCLE_OK;
    case make: reply->payload = made_of(p, text); return reply->payload != nullptr ? SOCLE_OK : refused(p, reply);
    case make_aside:  // the same on an offload thread
      return h->offload(
          h,
          [](void* user) {
            auto* work = static_cast<Aside*>(user);
            work->made = made_of(*work->parrot, work->text);
            if (work->made == nullptr) work->refused_by = work->parrot->host->memory_refused(work->parrot->host);
          },
          [](void* user, socle_status) {
            auto* work = static_cast<Aside*>(user);
            socle_reply r{sizeof r, SOCLE_OK, work->made};
            if (work->made == nullptr) refused(*work->parrot, &r, work->refused_by);
            work->parrot->host->complete(work->parrot->host, work->token, &r);
            delete work;
          },
          new Aside{&p, call->token, std::string(text)});
    case spin_aside:  // an offload thread never comes back
      return h->offload(
          h,
          [](void*) {
            for (volatile bool on = true; on;) {}
          },
          [](void*, socle_status) {}, nullptr);
    case arena:
      if (h->arena_alloc(h, call->context, std::strtoul(std::string(text).c_str(), nullptr, 10), 8) == nullptr)
        return refused(p, reply);
      return SOCLE_OK;
    case arena_and_make:  // half of it in the arena, half as a payload
      if (h->arena_alloc(h, call->context, std::strtoul(std::string(text).c_str(), nullptr, 10), 8) == nullptr)
        return refused(p, reply);
      reply->payload = made_of(p, text);
      return reply->payload != nullptr ? SOCLE_OK : refused(p, reply);
    case hold:  // for ever
      if (h->memory_hold(h, call->context, std::strtoul(std::string(text).c_str(), nullptr, 10)) == nullptr)
        return refused(p, reply);
      return SOCLE_OK;
    case shout:  // as many lines as the text says
      for (int i = std::atoi(std::string(text).c_str()); i > 0; --i)
        h->log(h, SOCLE_LOG_WARN, call->context, str("a parrot shouts"), nullptr, 0);
      return SOCLE_OK;
    case spin_later:  // answers, then never comes back from a timer
      h->timer_start(
          h, 20'000'000,
          [](void*, socle_status) {
            for (volatile bool on = true; on;) {}
          },
          nullptr);
      return SOCLE_OK;
    case cancelled:  // waits for a peer that never answers
      return forward(p, *call, call->context, reply);
    case publish: {
      auto* held = new Pending{&p, call->token, call->context};
      const socle_status status = h->publish(
          h, call->context, str("news"), call->payload,
          [](void* user, socle_status s) {
            auto* q = static_cast<Pending*>(user);
            const socle_reply r{sizeof r, s, nullptr};
            complete_with(q, &r);
          },
          held);
      if (status != SOCLE_PENDING) delete held, reply->status = status;
      return status;
    }
    default: return SOCLE_UNSUPPORTED;
  }
}

std::array<socle_method, names.size()> table() {
  std::array<socle_method, names.size()> all{};
  for (size_t i = 0; i < names.size(); ++i) all[i] = {str("parrot/1"), str(names[i])};
  return all;
}

}  // namespace

const socle_plugin& built_in(std::string_view name) {
  static const auto methods = table();
  static const bool refuses = name == "refuses";
  static const bool slow = name == "slow";
  static const socle_plugin plugin{
      sizeof(socle_plugin),
      SOCLE_ABI_MAJOR,
      SOCLE_ABI_MINOR,
      {"parrot", 6},
      methods.data(),
      methods.size(),
      [](const socle_host* host, socle_payload*, void** instance, socle_reply* error) -> socle_status {
        if (refuses) {
          const socle_pair why{str("message"), str("this parrot is no more")};
          *error = {sizeof *error, SOCLE_INVALID, host->payload_new(host, {nullptr, 0}, SOCLE_MEDIA_NONE, &why, 1)};
          return SOCLE_INVALID;
        }
        if (slow) usleep(2'000'000);
        *instance = new Parrot{host, {}, {}, 0};
        return SOCLE_OK;
      },
      [](void* instance) { delete static_cast<Parrot*>(instance); },
      handle,
      nullptr};
  return plugin;
}

}  // namespace socle::cell::test
