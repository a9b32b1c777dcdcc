import { quote } from "../../log/escape.ts";
import { type HttpAnswer, type HttpRequest, type Route, textAnswer } from "../http/route.ts";
import { acceptedForm } from "./accepted_form.ts";
import { CONTENT_TYPE } from "./exposition.ts";
import type { Metrics } from "./metrics.ts";

/**
 * `/metrics`: everything; with `?service=NAME` (several times if need be) only of these services, with `?detail=group`
 * without series for each channel.
 */
export function metricsRoute(metrics: Metrics): Route {
  return { path: "/metrics", answer: (request) => answer(metrics, request) };
}

async function answer(metrics: Metrics, { query, headers }: HttpRequest): Promise<HttpAnswer> {
  const services = query.getAll("service"), detail = query.get("detail") ?? "channel";
  if (detail !== "channel" && detail !== "group") {
    return textAnswer(400, `detail is group or channel, not ${quote(detail)}`);
  }
  const form = acceptedForm(headers.get("accept"));
  return {
    status: 200,
    headers: { "content-type": CONTENT_TYPE[form], vary: "accept" },
    body: (await metrics.text({
      form,
      ...services.length > 0 && { services },
      channels: detail === "channel",
    })).chunks,
  };
}
