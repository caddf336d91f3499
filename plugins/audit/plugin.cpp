// plugin.cpp: audit/1: wiring. What lies behind each method is in the files beside this one.
#include "reader.hpp"
#include "recorder.hpp"

namespace socle::audit {

class Audit : public Plugin {
 public:
  explicit Audit(Host& host)
      : host_(host),
        journal_(host.config().get<std::string>("directory", "audit"),
                 {host.config().get<std::uint64_t>("segment", TrailOptions().segment_bytes)}),
        house_(host),
        absorber_(host, house_, journal_, Duration(host.config().get<std::int64_t>("interval", 10'000'000)),
                  Duration(host.config().get<std::int64_t>("keep", std::int64_t{9600} * 3600 * 1'000'000'000))),
        recorder_(host, house_),
        reader_(host, journal_, absorber_) {}

  Task<Status> start() override {
    // One writer of the trail: a loop on worker 0, where calls can be made.
    host_.post(0, [this] { host_.spawn(absorber_.run(), Ends::at_drain); });
    co_return Status();
  }

  Task<Reply> health() override {
    if (const std::string trouble = journal_.trouble(); !trouble.empty())
      return Reply::error(Code::unavailable, "audit_failing", trouble);
    return Reply::json("{\"entries\":" + std::to_string(journal_.sequence()) + "}");
  }

  Task<Status> drain(std::uint32_t /*worker*/) override {
    house_.drop();
    co_return Status();
  }

  Task<Status> stop() override {
    journal_.close();
    co_return Status();
  }

  Task<Reply> record(Request request) { return recorder_.record(request); }
  Task<Reply> query(Request request) { return reader_.query(request); }

  Task<Reply> forget(Request request) {
    if (request.principal() != "kernel" || request.tenant().empty())
      co_return Reply::error(Code::denied, "kernel_only", "audit/1.forget is the kernel's, when it erases a tenant");
    const std::string tenant(request.tenant());
    if (!co_await absorber_.caught_up(std::chrono::seconds(30)))
      co_return Reply::error(Code::unavailable, "audit_failing",
                             "the audit outbox is not absorbed, so it may still hold entries of the tenant; retry");
    const std::int64_t now = host_.now_utc().count();
    const auto erased =
        co_await host_.offload([this, &tenant, now]() -> Result<std::uint64_t> { return journal_.erase(tenant, now); });
    if (!erased) co_return Reply(erased.error());
    co_return Reply::json("{\"erased\":" + std::to_string(*erased) + "}");
  }

 private:
  Host& host_;
  Journal journal_;
  House house_;
  Absorber absorber_;
  Recorder recorder_;
  Reader reader_;
};

}  // namespace socle::audit

using socle::audit::Audit;
SOCLE_PLUGIN(Audit, socle::service("audit", 1)
                        .method("record", &Audit::record)
                        .method("query", &Audit::query)
                        .method("forget", &Audit::forget))
