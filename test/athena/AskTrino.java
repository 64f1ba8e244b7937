import com.fasterxml.jackson.databind.ObjectMapper;
import io.trino.Session;
import io.trino.spi.TrinoException;
import io.trino.spi.type.ArrayType;
import io.trino.spi.type.MapType;
import io.trino.spi.type.RowType;
import io.trino.spi.type.SqlVarbinary;
import io.trino.spi.type.TimeZoneKey;
import io.trino.spi.type.Type;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import static io.trino.testing.TestingSession.testSessionBuilder;

/** Answers queries with Trino's embedded query runner: one JSON text per line in, one JSON object per line out. */
public class AskTrino
{
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments)
            throws Exception
    {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Session session = testSessionBuilder().setTimeZoneKey(TimeZoneKey.UTC_KEY).setCatalog(Optional.empty()).setSchema(Optional.empty()).build();
        try (LocalQueryRunner runner = LocalQueryRunner.create(session)) {
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                answers.println(JSON.writeValueAsString(answer(runner, JSON.readValue(line, String.class))));
            }
        }
        System.exit(0);
    }

    private static Map<String, Object> answer(LocalQueryRunner runner, String sql)
    {
        Map<String, Object> answer = new LinkedHashMap<>();
        try {
            MaterializedResult result = runner.execute(sql);
            answer.put("columns", result.getColumnNames());
            answer.put("types", result.getTypes().stream().map(Type::getDisplayName).collect(Collectors.toList()));
            List<Object> rows = new ArrayList<>();
            for (MaterializedRow row : result.getMaterializedRows()) {
                List<Object> values = new ArrayList<>();
                for (int column = 0; column < row.getFieldCount(); column++) {
                    values.add(value(result.getTypes().get(column), row.getField(column)));
                }
                rows.add(values);
            }
            answer.put("rows", rows);
        }
        catch (TrinoException failure) {
            answer.put("error", failure.getErrorCode().getName());
            answer.put("message", String.valueOf(failure.getMessage()).lines().findFirst().orElse(""));
        }
        catch (RuntimeException failure) {
            answer.put("error", failure.getClass().getSimpleName());
            answer.put("message", String.valueOf(failure.getMessage()).lines().findFirst().orElse(""));
        }
        return answer;
    }

    /** Returns texts for scalars, lists for arrays and rows, and lists of pairs for maps. */
    private static Object value(Type type, Object value)
    {
        if (value == null) {
            return null;
        }
        if (type instanceof ArrayType array) {
            List<Object> elements = new ArrayList<>();
            ((List<?>) value).forEach(element -> elements.add(value(array.getElementType(), element)));
            return elements;
        }
        if (type instanceof MapType map) {
            List<Object> entries = new ArrayList<>();
            ((Map<?, ?>) value).forEach((key, item) -> entries.add(
                    Arrays.asList(value(map.getKeyType(), key), value(map.getValueType(), item))));
            return entries;
        }
        if (type instanceof RowType row) {
            List<?> members = value instanceof MaterializedRow inner ? inner.getFields() : (List<?>) value;
            List<Object> fields = new ArrayList<>();
            for (int field = 0; field < members.size(); field++) {
                fields.add(value(row.getFields().get(field).getType(), members.get(field)));
            }
            return fields;
        }
        if (value instanceof SqlVarbinary binary) {
            return HexFormat.of().formatHex(binary.getBytes());
        }
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        return String.valueOf(value);
    }
}
