// page.cpp: the trivial plugin that the gateway benchmark calls: 1 KB and 64 KB, made once and handed out by reference.
#include <socle/plugin.hpp>

class Page : public socle::Plugin {
 public:
  explicit Page(socle::Host&) : small_(make(1024)), large_(make(64 * 1024)) {}

  socle::Reply small(socle::Request) { return small_; }
  socle::Reply large(socle::Request) { return large_; }
  socle::Reply sink(socle::Request request) { return socle::Reply::text(std::to_string(request.text().size())); }

 private:
  static socle::Payload make(std::size_t size) {
    socle::Payload page = socle::Payload::text(std::string(size, 'x'));
    page.share();  // handed out on every worker
    return page;
  }

  socle::Payload small_;
  socle::Payload large_;
};

SOCLE_PLUGIN(
    Page,
    socle::service("page", 1).method("small", &Page::small).method("large", &Page::large).method("sink", &Page::sink))
