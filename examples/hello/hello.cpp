// hello.cpp: the smallest useful plugin: one service, one method, one setting.
#include <socle/plugin.hpp>

class Hello : public socle::Plugin {
 public:
  explicit Hello(socle::Host& host) : greeting_(host.config().get<std::string>("greeting")) {}

  socle::Reply greet(socle::Request request) {
    return socle::Reply::text(greeting_ + ", " + std::string(request.param("name")) + "!\n");
  }

 private:
  std::string greeting_;
};

SOCLE_PLUGIN(Hello, socle::service("hello", 1).method("greet", &Hello::greet))
