#include "serve/config_properties.h"

#include <map>

#include "serve/startup_models.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace serve;  // NOLINT(google-build-using-namespace)

// Reads a file as the program does, with an environment and a record of its warnings.
struct Config {
  std::map<std::string, std::string> variables;
  std::vector<std::string> warnings;

  ServeSettings read(std::string_view text) {
    const EnvironmentLookup environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto entry = variables.find(name);
      return entry == variables.end() ? std::nullopt : std::optional(entry->second);
    };
    const Warn warn = [this](const std::string& sentence) { warnings.push_back(sentence); };
    ConfigValues values = read_config_properties(text, "c", environment, warn);
    apply_environment(values, environment);
    ServeSettings settings;
    apply_config(values, settings, warn);
    return settings;
  }
};

constexpr const char* kSeedHead =
    "inference_address=http://127.0.0.1:8080\ninference_address=http://0.0.0.0:8080\n"
    "management_address=http://0.0.0.0:8081\nmetrics_address=http://0.0.0.0:8082\nmodel_store=./model_store/\n"
    "load_models=animal.mar\nmin_workers=1\nmax_workers=1\ndefault_workers_per_model=1\n";
constexpr const char* kSeedLine =
    R"(model_snapshot={"name":"startup.cfg","modelCount":1,"models":{"animal":{"1.0":{"defaultVersion":true,"marName":"animal.mar","minWorkers":1,"maxWorkers":1,"batchSize":2,"maxBatchDelay":100,"responseTimeout":30000,}}}})";
constexpr const char* kArticle =
    "model_snapshot={\n    \"name\":\"startup.cfg\", \n    \"modelCount\":1, \n    \"models\":{\n        \"animal\":{\n"
    "            \"1.0\":{\n                \"defaultVersion\":true, \n                \"marName\":\"animal.mar\", \n"
    "                \"minWorkers\":1, \n                \"maxWorkers\":1, \n                \"batchSize\":2, \n"
    "                \"maxBatchDelay\":100, \n                \"responseTimeout\":30000,\n            }\n        }\n"
    "    }\n}\n";

}  // namespace

TEST_CASE("the replaced system's config.properties loads as it is, on one line and as printed", "[serve]") {
  for (const std::string snapshot : {kSeedLine, kArticle}) {
    Config config;
    const ServeSettings settings = config.read(kSeedHead + snapshot);
    CHECK(settings.inference == ListenAddress{false, "0.0.0.0", 8080});
    CHECK(settings.metrics.port == 8082);
    CHECK(settings.default_workers == 1);
    CHECK(tokens_needed(settings));
    REQUIRE(settings.startup.size() == 1);
    const StartupModel& model = settings.startup.front();
    CHECK(model.url == "animal.mar");
    CHECK(model.name == "animal");
    CHECK(model.version == "1.0");
    CHECK(model.default_version);
    const VersionSettings run = model.config.over(startup_settings(settings));
    CHECK(run.batch_size == 2);
    CHECK(run.response_timeout == std::chrono::seconds(30'000));
    REQUIRE(config.warnings.size() == 3);
    CHECK(contains(config.warnings[0], "c line 2: inference_address is given again"));
    CHECK(contains(config.warnings[1], "max_workers is not known"));
    CHECK(contains(config.warnings[2], "min_workers is not known"));
  }
}

TEST_CASE("variables are expanded, and TS_ variables win where the file lets them", "[serve]") {
  Config config;
  config.variables = {{"HOME_STORE", "/a"}, {"TS_MODEL_STORE", "/b"}, {"TS_ALLOWED_URLS", "http://evil/.*"}};
  CHECK(config.read("model_store=${HOME_STORE}/x").model_store == "/a/x");
  CHECK(config.read("model_store=$$HOME_STORE$$/x$").model_store == "/a/x$");
  CHECK(config.read("model_store=/c\nenable_envvars_config=true").model_store == "/b");
  CHECK(config.read("enable_envvars_config=true").allowed_urls.empty());
  CHECK(config.read("enable_envvars_config=true\nuse_env_allowed_urls=true").allowed_urls.size() == 1);
  require_error(ErrorCode::InvalidArgument, "NOTHING is not set", [&] { config.read("model_store=${NOTHING}"); });
}

TEST_CASE("every key is read", "[serve]") {
  Config config;
  const ServeSettings settings = config.read(
      "inference_address=https://[::1]:8443\nmanagement_address=http://localhost\nmetrics_address=http://127.0.0.1:0\n"
      "certificate_file=c.pem\nprivate_key_file=k.pem\nload_models=all\nallowed_urls=https://a/.*,file://.*\n"
      "enable_model_api=true\ndisable_token_authorization=false\ntoken_expiration_min=5\n"
      "default_response_timeout=7\ndefault_startup_timeout=8\njob_queue_size=9\nmax_request_size=10\n"
      "max_response_size=11\nlimit_max_image_pixels=false\ncors_allowed_origin=*\ncors_allowed_methods=GET, POST\n"
      "cors_allowed_headers=X-A\nnumber_of_netty_threads=4\nmodels={\"m\":{\"1.0\":{\"batchSize\":3}}}\n");
  CHECK(settings.inference == ListenAddress{true, "::1", 8443});
  CHECK(settings.management == ListenAddress{false, "localhost", 8081});
  CHECK(settings.metrics.port == 0);
  CHECK(settings.certificate_file == "c.pem");
  CHECK(settings.private_key_file == "k.pem");
  CHECK(settings.load_all);
  CHECK(settings.allowed_urls.size() == 2);
  CHECK(settings.enable_model_api);
  CHECK(tokens_needed(settings));
  CHECK(settings.token_lifetime == std::chrono::minutes(5));
  CHECK(settings.version_defaults.response_timeout == std::chrono::seconds(7));
  CHECK(settings.version_defaults.startup_timeout == std::chrono::seconds(8));
  CHECK(settings.version_defaults.job_queue_size == 9);
  CHECK(settings.max_request_size == 10);
  CHECK(settings.max_response_size == 11);
  CHECK_FALSE(settings.limit_image_pixels);
  CHECK(settings.cors.origins == std::vector<std::string>{"*"});
  CHECK(settings.cors.methods == std::vector<std::string>{"GET", "POST"});
  CHECK(settings.cors.headers == std::vector<std::string>{"X-A"});
  CHECK(settings.model_configs.at("m").at("1.0").batch_size == 3);
  CHECK(config.warnings.empty());
}

TEST_CASE("keys without effect are warnings that name them", "[serve]") {
  Config config;
  config.read("grpc_inference_port=7070\nmodel_stoer=x\ntsConfigFile=y");
  REQUIRE(config.warnings.size() == 2);
  CHECK(contains(config.warnings[0], "grpc_inference_port is not implemented"));
  CHECK(contains(config.warnings[1], "did you mean model_store?"));
}

TEST_CASE("values that cannot be are refused with what is accepted", "[serve]") {
  const std::pair<const char*, const char*> cases[] = {
      {"inference_address=8080", "http://HOST:PORT"},
      {"inference_address=unix:/tmp/s", "sockets in the file system"},
      {"inference_address=http://a:99999", "no address"},
      {"job_queue_size=0", "a whole number from 1"},
      {"job_queue_size=x", "a whole number from 1"},
      {"enable_model_api=yes", "true or false"},
      {"allowed_urls=(", "no regular expression"},
      {"load_models==a.mar", "write a.mar or name=a.mar"},
      {"model_snapshot=[1]", "a JSON object is needed"},
      {"model_snapshot={\"models\":{\"m\":{\"1\":{}}}}", "marName is missing"},
      {"models={\"m\":{\"1\":{\"batchSize\":0}}}", "batchSize is 0"},
      {"models={\"m\":{\"1\":{\"batchSize\":1.5}}}", "batchSize is 1.5"},
      {"models={\"m\":{\"1\":{\"minWorkers\":3,\"maxWorkers\":2}}}", "maxWorkers is less than minWorkers"},
      {"models={\"m\":1}", "an object of versions is needed"},
      {"cors_allowed_origin=http://a b", "origins hold no spaces"},
  };
  for (const auto& [text, needed] : cases) {
    INFO(text);
    require_error(ErrorCode::InvalidArgument, needed, [&] { Config().read(text); });
  }
}

TEST_CASE("tokens are on by themselves off loopback only, and off by name", "[serve]") {
  CHECK_FALSE(tokens_needed(Config().read("")));
  CHECK(tokens_needed(Config().read("management_address=http://0.0.0.0:8081")));
  CHECK_FALSE(tokens_needed(Config().read("inference_address=http://0.0.0.0\ndisable_token_authorization=true")));
}

TEST_CASE("models to load may be named", "[serve]") {
  const auto models = parse_load_models("a.mar, b=c.mar,https://x/d.mar?k=v,");
  REQUIRE(models.size() == 3);
  CHECK(models[0].url == "a.mar");
  CHECK(models[1].name == "b");
  CHECK(models[1].url == "c.mar");
  CHECK(models[2].url == "https://x/d.mar?k=v");
}

TEST_CASE("versions compare by their numbers", "[serve]") {
  const std::vector<std::string> sorted = {"", "1", "1.0", "1.00", "1.9", "1.10", "2.0", "10", "a", "a2", "a10"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      INFO(sorted[i] << " " << sorted[j]);
      CHECK(version_less(sorted[i], sorted[j]) == (i < j));
    }
  }
}

}  // namespace animalctl::test
