import com.amazon.deequ.dqdl.EvaluateDataQuality$;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;
import software.amazon.glue.dqdl.model.DQRule;
import software.amazon.glue.dqdl.parser.DQDLParser;

/** Reads rule sets as lines of JSON from standard input, and writes what AWS's parser and deequ make of each. */
public class AskDeequ {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static Dataset<Row> rows;
    private static scala.collection.immutable.Map<String, Dataset<Row>> others;

    public static void main(String[] folder) throws Exception {
        SparkSession spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1").config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.codegen.wholeStage", "false").getOrCreate();
        spark.sparkContext().setLogLevel("OFF");
        rows = spark.sql(Files.readString(Path.of(folder[0], "rows.sql"))).cache();
        rows.createOrReplaceTempView("primary");  // AWS Glue does so.
        Dataset<Row> reference = spark.sql(Files.readString(Path.of(folder[0], "reference.sql"))).cache();
        others = scala.collection.immutable.Map$.MODULE$.empty();
        others = others.$plus(new Tuple2<>("reference", reference));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            System.out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
        spark.stop();
    }

    private static Map<String, Object> answer(JsonNode question) {
        Map<String, Object> answer = new LinkedHashMap<>();
        String text = question.get("text").asText();
        try {
            List<String> printed = new ArrayList<>();
            for (DQRule rule : new DQDLParser().parse(text).getRules()) {
                printed.add(rule.toString());
            }
            answer.put("rules", printed);
        } catch (Throwable error) {
            answer.put("error", String.valueOf(error.getMessage()));
            return answer;
        }
        if (question.get("evaluate").asBoolean()) {
            try {
                List<Object> outcomes = new ArrayList<>();
                for (Row row : EvaluateDataQuality$.MODULE$.process(rows, text, others).collectAsList()) {
                    outcomes.add(List.of(row.getAs("Outcome"), row.getJavaMap(row.fieldIndex("EvaluatedMetrics")),
                        String.valueOf((Object) row.getAs("FailureReason"))));
                }
                answer.put("outcomes", outcomes);
            } catch (Throwable error) {
                answer.put("raised", error.getClass().getSimpleName() + (error instanceof Exception ? "" : " " + error.getMessage()));
            }
        }
        return answer;
    }
}
