#include "serve/metrics_api.h"

#include "serve/prometheus_text.h"
#include "serve/serving_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)

TEST_CASE("GET /metrics shows what is registered and what was done", "[metrics]") {
  ServingFixture server;
  add_metrics_routes(server.router, *server.service);
  server.add("animal", "1.0", 2);
  const std::vector<std::byte> picture = fake_picture(5);
  const http::Request request;
  server.service->predict(*server.models->find("animal"), picture, request);
  const http::Response response = server.call("GET", "/metrics");
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  const PromText text(response.body);
  CHECK(text.value("animalctl_workers{model=\"animal\",version=\"1.0\"}") == 2);
  CHECK(text.value("animalctl_requests_total{model=\"animal\",reason=\"ok\",status=\"200\",version=\"1.0\"}") == 1);
  server.models->remove("animal", "1.0");
  CHECK_FALSE(contains(server.call("GET", "/metrics").body, "animal\""));
}

TEST_CASE("GET /metrics?name[]= shows the named families", "[metrics]") {
  ServingFixture server;
  add_metrics_routes(server.router, *server.service);
  const http::Response response = server.call(
      "GET", "/metrics", "", {}, {{"name[]", "CPUUtilization"}, {"other", "x"}, {"name[]", "process_open_fds"}});
  CHECK(PromText(response.body).families.size() == 2);
}

}  // namespace animalctl::test
