// @file@.cpp: the plugin @name@.
#include <socle/plugin.hpp>

class @Class@ : public socle::Plugin {
 public:
  explicit @Class@(socle::Host& host) : host_(host), greeting_(host.config().get<std::string>("greeting")) {}

  // A handler may be a plain function, or a coroutine like this one when it has to wait for something.
  socle::Task<socle::Reply> greet(socle::Request request) {
    if (auto slept = co_await host_.sleep(std::chrono::milliseconds(1)); !slept) co_return slept.error();
    co_return socle::Reply::text(greeting_ + ", " + std::string(request.param("name")) + "!\n");
  }

 private:
  socle::Host& host_;
  std::string greeting_;
};

SOCLE_PLUGIN(@Class@, socle::service("@name@", 1).method("greet", &@Class@::greet))
