// busy.cpp: a plugin that uses what the scheduler charges: time in one piece, in slices, on the offload pool; memory.
#include <socle/plugin.hpp>

#include <charconv>
#include <vector>

namespace {

using namespace socle;

std::uint64_t number(const Request& request, std::string_view name) {
  std::uint64_t out = 0;
  const std::string_view text = request.param(name);
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// The same work each time: some 1 ns a step.
std::uint64_t work(std::uint64_t steps) {
  std::uint64_t x = steps;
  for (std::uint64_t i = 0; i < steps; ++i) x = x * 6364136223846793005ULL + 1442695040888963407ULL;
  return x;
}

class Busy : public Plugin {
 public:
  explicit Busy(Host& host) : host_(host) {}

  // `n` steps at a stretch.
  Reply burn(Request request) { return Reply::text(work(number(request, "n")) != 1 ? "ok\n" : "?\n"); }

  // `n` times ten thousand steps, pausing as the slice ends.
  Task<Reply> slices(Request request) {
    std::uint64_t left = number(request, "n");
    std::uint64_t sum = 0;
    Status done = co_await host_.in_slices(request, [&] {
      sum += work(10'000);
      return --left == 0;
    });
    if (!done) co_return std::move(done).error();
    co_return Reply::text(sum != 1 ? "ok\n" : "?\n");
  }

  Task<Reply> offload(Request request) {
    const std::uint64_t n = number(request, "n");
    auto out = co_await host_.offload([n] { return work(n); });
    if (!out) co_return std::move(out).error();
    co_return Reply::text("ok\n");
  }

  // What was sent, and how much it is.
  Reply take(Request request) { return Reply::text(std::to_string(request.text().size()) + "\n"); }

  // `n` bytes of arena, held for as many ms as `ms` says.
  Task<Reply> hold(Request request) {
    Arena arena = request.arena();
    std::pmr::vector<char> bytes(number(request, "n"), 'x', &arena);
    if (auto slept = co_await host_.sleep(std::chrono::milliseconds(number(request, "ms"))); !slept)
      co_return std::move(slept).error();
    co_return Reply::text(bytes.empty() ? "nothing\n" : "ok\n");
  }

 private:
  Host& host_;
};

}  // namespace

SOCLE_PLUGIN(Busy, socle::service("busy", 1)
                       .method("burn", &Busy::burn)
                       .method("slices", &Busy::slices)
                       .method("offload", &Busy::offload)
                       .method("hold", &Busy::hold)
                       .method("take", &Busy::take))
